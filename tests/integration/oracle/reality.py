"""What real Alembic makes of a project: its images, the states of its databases, and the truth about the two."""

import contextlib
import os

import alembic.script.base
import alembic.util
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import create_engine

MOST_STATES = 10


class Loader:
    """Alembic's own loading, with two changes: a module is run once, and an image sees only its own files."""

    def __init__(self):
        self.modules = {}
        self.visible = set()
        load = alembic.util.load_python_file
        list_folder = alembic.script.base.Script._list_py_dir.__func__

        def load_once(folder, name):
            path = os.path.join(str(folder), str(name))
            if path not in self.modules:
                self.modules[path] = load(folder, name)
            return self.modules[path]

        def list_visible(cls, script, folder):
            found = list_folder(cls, script, folder)
            return [file for file in found if os.path.join(str(folder), os.path.basename(file)) in self.visible]

        alembic.util.load_python_file = load_once
        alembic.script.base.Script._list_py_dir = classmethod(list_visible)

    def images(self, project):
        self.modules.clear()
        return [self.image(project, size) for size in range(1, len(project.revisions) + 1)]

    def image(self, project, size):
        """The image that holds the first `size` revisions."""
        self.visible = {revision.path for revision in project.revisions[:size]}
        script = ScriptDirectory(project.folder, version_locations=project.version_folders)
        assert len(script.get_heads()) > 0
        return script


class Database:
    """A database that is migrated as `alembic upgrade` and `alembic downgrade` do it."""

    def __init__(self, seen):
        self.connection = create_engine("sqlite://").connect()
        self.seen = seen  # all states, also those in the middle of a command: SQLite and MySQL may stop there

    def run(self, steps_from):
        """False where Alembic refuses, or trips over its own feet in the middle."""
        passed = []
        options = {
            "fn": lambda heads, _: steps_from(heads),
            "on_version_apply": (lambda ctx, step, heads, run_args: passed.append(tuple(sorted(heads))),),
        }
        context = MigrationContext.configure(self.connection, opts=options)
        try:
            context.run_migrations()
        except (CommandError, RevisionError, AssertionError, KeyError):
            return False
        finally:
            self.seen += passed
        assert not passed or passed[-1] == tuple(sorted(context.get_current_heads()))
        return True

    def upgrade(self, script, target):
        return self.run(lambda heads: script._upgrade_revs(target, heads))

    def downgrade(self, script, target):
        return self.run(lambda heads: script._downgrade_revs(target, heads))


def names_in(script):
    return sorted(name for name in script.revision_map._revision_map if isinstance(name, str))


def random_target(random, script):
    name = random.choice(names_in(script))
    return random.choice((name, name, name, f"{name}@head", f"{name}@heads", "+1", f"{name}@+1"))


def walk_deployments(random, images, database):
    """One image after the other upgrades to its heads."""
    for image in sorted(random.sample(range(len(images)), min(len(images), 4))):
        if not database.upgrade(images[image], "heads"):
            return


def walk_branches(random, images, database):
    """Single branches, then everything."""
    for _ in range(random.randint(2, 5)):
        database.upgrade(images[-1], random_target(random, images[-1]))
    database.upgrade(images[-1], "heads")


def walk_up_and_down(random, images, database):
    database.upgrade(images[-1], random.choice(("heads", random_target(random, images[-1]))))
    for _ in range(random.randint(1, 4)):
        name = random.choice(names_in(images[-1]))
        database.downgrade(images[-1], random.choice(("-1", "-1", name, f"{name}@-1", f"{name}@base", "base")))
        if random.random() < 0.3:
            database.upgrade(images[-1], random_target(random, images[-1]))


def database_states(random, images):
    """Sets of heads, the empty one among them."""
    seen = [()]
    for walk in (walk_deployments, walk_branches, walk_up_and_down, walk_up_and_down):
        walk(random, images, Database(seen))
    distinct = list(dict.fromkeys(seen))
    return distinct if len(distinct) <= MOST_STATES else [()] + random.sample(distinct[1:], MOST_STATES - 1)


class Image:
    """The truth as Alembic sees it with the files of one image."""

    def __init__(self, script):
        self.map = script.revision_map
        self.known = set(names_in(script))
        self.required = sorted(script.get_heads())
        self.all = self.closure(self.required)
        self.below_required = set()
        for head in self.required:
            self.below_required |= self.closure([head]) - {head}

    def closure(self, heads):
        revisions = self.map.get_revisions(tuple(heads))
        return {revision.revision for revision in self.map._get_ancestor_nodes(revisions, check=False)}

    def left_to_run(self, heads, applied):
        """What `alembic upgrade heads` would run."""
        with contextlib.suppress(RevisionError):
            needed, _ = self.map._collect_upgrade_revisions("heads", heads, False, True, True)
            return {revision.revision for revision in needed}
        # Alembic refuses heads that overlap, which its own downgrade may leave behind.
        return self.all - applied

    def truth(self, heads):
        known = [head for head in heads if head in self.known]
        applied = self.closure(known)
        all_known = len(known) == len(heads)
        missing = sorted(self.left_to_run(heads, applied)) if all_known else None
        state, assumed, state_if_fail = self.compare(heads, known, applied)
        return {"heads": heads, "state": state, "assumed": assumed, "state_if_fail": state_if_fail, "missing": missing}

    def compare(self, heads, known, applied):
        """State, whether it is assumed, and the state where unknown revisions are not taken to be newer."""
        if not heads:
            return "unmigrated", False, "unmigrated"
        if applied.issuperset(self.required):
            return "satisfied", False, "satisfied"
        if len(known) == len(heads) or self.below_required.intersection(known):
            return "behind", False, "behind"
        return "satisfied", True, "unknown"
