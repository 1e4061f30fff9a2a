"""Four migrations in a line, and two images: one that needs the first two, one that needs the first three. What every tool
goes through, and what must then be said, whichever way the images were baked."""
import pathlib
import threading

import pytest

from tools.tool import BROKEN_PHRASE, fail_half_way




class Situation:
    def __init__(self, told, reach, at_2, at_3, only=lambda tool: True, unless=None):
        self.told = told
        self.reach = reach
        self.verdicts = {2: at_2, 3: at_3}  # for the image that needs 1 and 2, and for the one that needs 1, 2 and 3
        self.only = only                    # of tools
        self.unless = unless or {}          # the same two where a tool can't tell as much: by its name and, maybe, the way to bake

    def expect(self, tool, step, way):
        for exception in f"{tool.name} baked from a {way}", tool.name:
            if exception in self.unless:
                return dict(zip((2, 3), self.unless[exception]))[step]
        return self.verdicts[step]


def do_nothing(project, url):
    if url.startswith("sqlite"):
        pathlib.Path(url.removeprefix("sqlite:///")).touch()


def up(*steps):
    def reach(project, url):
        for step in steps:
            project.up(url, step).worked()
    return reach


def up_and_down(top, bottom):
    def reach(project, url):
        project.up(url, top).worked()
        project.down(url, bottom).worked()
    return reach


def fail_at_3(project, url):
    project.up(url, 2).worked()
    project.fill(3, up=fail_half_way(3))
    project.up(url, 3).failed(BROKEN_PHRASE)


def goes_down(tool):
    return tool.goes_down


def forgets_failures(tool):
    return not tool.keeps_failures


def keeps_failures(tool):
    return tool.keeps_failures


# Alembic keeps heads alone. So an image can only assume that a head it does not know came after its own; and what was baked
# from a database, without ancestry, knows no revision but its own head. golang-migrate keeps one number: the lower ones can't be
# named. Else a database tells as much as files do.
BY_ITS_HEAD = "alembic baked from a database"
BY_ITS_NUMBER = "golang-migrate baked from a database"

SITUATIONS = [
    Situation("nothing was ever run", do_nothing,
              "unmigrated, missing 1 2", "unmigrated, missing 1 2 3",
              unless={BY_ITS_HEAD: ("unmigrated, missing 2", "unmigrated, missing 3"),
                      BY_ITS_NUMBER: ("unmigrated, missing 2", "unmigrated, missing 3")}),
    Situation("1 ran", up(1),
              "behind, missing 2", "behind, missing 2 3",
              unless={BY_ITS_HEAD: ("unknown", "unknown"), BY_ITS_NUMBER: ("behind, missing 2", "behind, missing 3")}),
    Situation("1 and 2 ran", up(2),
              "satisfied", "behind, missing 3",
              unless={BY_ITS_HEAD: ("satisfied", "unknown")}),
    Situation("all three ran, one after the other", up(1, 2, 3),
              "satisfied", "satisfied",
              unless={BY_ITS_HEAD: ("unknown", "satisfied"), "alembic": ("satisfied (assumed)", "satisfied")}),
    Situation("a fourth ran, which neither image knows", up(4),
              "satisfied", "satisfied",
              unless={BY_ITS_HEAD: ("unknown", "unknown"), "alembic": ("satisfied (assumed)", "satisfied (assumed)")}),
    Situation("3 was taken back", up_and_down(3, 2),
              "satisfied", "behind, missing 3", only=goes_down,
              unless={BY_ITS_HEAD: ("satisfied", "unknown")}),
    Situation("the fourth and 3 were taken back", up_and_down(4, 2),
              "satisfied", "behind, missing 3", only=goes_down,
              unless={BY_ITS_HEAD: ("satisfied", "unknown")}),
    Situation("all were taken back", up_and_down(3, 0),
              "unmigrated, missing 1 2", "unmigrated, missing 1 2 3", only=goes_down,
              unless={BY_ITS_HEAD: ("unmigrated, missing 2", "unmigrated, missing 3"),
                      BY_ITS_NUMBER: ("unmigrated, missing 2", "unmigrated, missing 3")}),
    Situation("3 failed half-way and was rolled back", fail_at_3,
              "satisfied", "behind, missing 3", only=forgets_failures,
              unless={BY_ITS_HEAD: ("satisfied", "unknown")}),
    Situation("3 failed half-way and the tool recorded it", fail_at_3,
              "satisfied, failed 3", "dirty, missing 3, failed 3", only=keeps_failures),
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.told.replace(" ", "_"))
def test_every_way_to_bake_gives_the_same_verdict(project, databases, judge, database_url, situation):
    migrated = databases(database_url.split(":")[0])
    situation.reach(project, database_url)
    told, expected = {}, {}
    for step, steps in (2, (1, 2)), (3, (1, 2, 3)):
        for way, require in ("file", judge.bake_files(project, *steps)), ("list", judge.bake_list(project, *steps)), (
                "database", judge.bake_database(migrated[step])):
            told[step, way] = judge.verdict(project, database_url, require)
            expected[step, way] = situation.expect(judge.tool, step, way)
    assert told == expected


def test_through_an_upgrade_old_pods_stay_and_new_ones_turn_ready(line, judge, database_url, schemalatch, tool):
    line.up(database_url, 2).worked()
    old = schemalatch.watch(database_url, tool.name, judge.bake_files(line, 1, 2)).wait_until_ready()
    new = schemalatch.watch(database_url, tool.name, judge.bake_files(line, 1, 2, 3)).wait_for_state("behind")
    assert new.readyz()[0] == 503
    with Probed(old) as seen:
        line.up(database_url, 3).worked()
        new.wait_until_ready()
        old.wait_for_looks(2)
    assert set(seen) == {200}


def test_auto_finds_the_tool_by_the_table_that_it_made(line, database_url, schemalatch, tool):
    line.up(database_url, 2).worked()
    for step, code in (2, 0), (3, 1 if tool.knows_ancestry_of_a_database else 12):
        assert schemalatch.run("check", "--url", database_url, "--tool", "auto", "--require", line.id(step)).code == code


class Probed:
    """What the readiness probe got, 20 times a second, while the block ran."""

    def __init__(self, sidecar):
        self.sidecar = sidecar
        self.seen = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._probe)

    def __enter__(self):
        self.thread.start()
        return self.seen

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def _probe(self):
        while True:
            self.seen.append(self.sidecar.readyz()[0])
            if self.over.wait(0.05):
                return
