"""Random Alembic projects: a history of revisions, written as real files."""

import os
from dataclasses import dataclass, field

from spelling import Speller

MOST_REVISIONS = 60


@dataclass
class Revision:
    id: str
    down: list
    depends_on: list  # ids or labels, as written
    labels: list
    folder: str
    legacy: bool  # the id is the name of the file
    path: str = ""


@dataclass
class Project:
    folder: str
    version_folders: list
    revisions: list = field(default_factory=list)  # in the order of their creation: parents and dependencies first


def make_project(random, folder):
    folders = [os.path.join(folder, name) for name in ("versions", "more", "plugins")[: random.choice((1, 1, 2, 3))]]
    for path in folders:
        os.makedirs(path)
    project = Project(folder, folders)
    history = History(random, project)
    # Many small ones and a few large ones: what an image costs grows with the square.
    for _ in range(1 + int(MOST_REVISIONS * random.random() ** 3)):
        history.add_revision()
    write_files(random, project)
    return project


def write_files(random, project):
    speller = Speller(random)
    for number, revision in enumerate(project.revisions):
        slug = random.choice(("", "_add_orders", "_2024_01_01", "-x", " y"))
        order = random.choice(("", f"{number:04}_"))
        name = revision.id if revision.legacy else f"{order}{revision.id}{slug}"
        revision.path = os.path.join(revision.folder, name + ".py")
        with open(revision.path, "wb") as file:
            file.write(speller.file(revision))


class History:
    """Adds one revision after the other, each upon what is there."""

    def __init__(self, random, project):
        self.random = random
        self.project = project
        self.heads = []
        self.names = {}  # ids, and labels with the ids that they stand for
        self.above = {}  # ids with their ancestors by down_revision, and themselves
        # A project has habits: some are one line, some are all branches.
        self.branching = random.choice((0, 0.1, 0.2, 0.4))
        self.merging = random.choice((0, 0.05, 0.2))
        self.depending = random.choice((0, 0.1, 0.3, 0.5))
        self.labelling = random.choice((0, 0.1, 0.4))

    def add_revision(self):
        id_, legacy = self.new_id()
        down = self.choose_down()
        self.heads = [head for head in self.heads if head not in down] + [id_]
        self.project.revisions.append(
            Revision(
                id=id_,
                down=down,
                depends_on=self.choose_dependencies(down),
                labels=self.choose_labels(),
                folder=self.random.choice(self.project.version_folders),
                legacy=legacy,
            )
        )
        self.names[id_] = id_
        self.names.update((label, id_) for label in self.project.revisions[-1].labels)
        self.above[id_] = {id_}.union(*(self.above[parent] for parent in down))

    def new_id(self):
        form = self.random.randint(0, 9)
        if form < 7:
            id_ = f"{self.random.getrandbits(48):012x}"
        elif form == 7:
            id_ = f"{len(self.names):04}"
        else:
            id_ = f"{self.random.choice(('orders', 'v1.', 'größe_', 'Ab', 'a b'))}{len(self.names)}"
        hexadecimal = set(id_) <= set("0123456789abcdef")
        return id_, hexadecimal and self.random.random() < 0.05

    def earlier_ids(self):
        return [revision.id for revision in self.project.revisions]

    def choose_down(self):
        chance = self.random.random()
        if not self.heads or chance < self.branching / 3:
            return []
        if chance < self.branching:
            return [self.random.choice(self.earlier_ids())]
        if chance > 1 - self.merging and len(self.heads) > 1:
            parents = self.random.sample(self.heads, self.random.randint(2, min(4, len(self.heads))))
            return parents + parents[:1] if self.random.random() < 0.05 else parents
        return [self.random.choice(self.heads)]

    def choose_dependencies(self, down):
        if self.random.random() >= self.depending:
            return []
        # Depending on an ancestor is legal and pointless; Alembic gets into trouble with it when it downgrades.
        pointless = set().union(*(self.above[parent] for parent in down)) if self.random.random() < 0.9 else set()
        candidates = sorted(name for name, id_ in self.names.items() if id_ not in pointless)
        return self.random.sample(candidates, min(len(candidates), self.random.choice((1, 1, 2))))

    def choose_labels(self):
        if self.random.random() >= self.labelling:
            return []
        return [f"label{len(self.names)}{suffix}" for suffix in ("", "_b")[: self.random.choice((1, 1, 2))]]
