"""The main story, with real Alembic: old pods stay, new pods wait for the upgrade and come back out after a downgrade."""
import sqlite3

import psycopg2
import pytest

TWO = ("r1", "r2")
FOUR = (*TWO, "r3a", "r3b", "r4")


@pytest.fixture
def story(project, schemalatch, tmp_path):
    """Revisions 1 and 2, a branch into 3a and 3b, merged by 4; and two images, baked at 2 and at 4."""
    project.add("r1")
    project.add("r2", "r1")
    project.add("r3a", "r2")
    project.add("r3b", "r2")
    project.add("r4", ("r3a", "r3b"))
    project.old = schemalatch.bake("alembic", [project.image("old", *TWO)], tmp_path / "old.json")
    project.new = schemalatch.bake("alembic", [project.image("new", *FOUR)], tmp_path / "new.json")
    return project


def execute(url, statement):
    """Straight into the bookkeeping table, as a newer image's migration would."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    else:
        connection = psycopg2.connect(url)
    connection.cursor().execute(statement)
    connection.commit()
    connection.close()


def never_unready(sidecar):
    assert not [line for line in sidecar.log if ", unready:" in line and "pending" not in line], sidecar.log


def test_new_pods_wait_for_the_upgrade_and_old_pods_never_stop(schemalatch, story, database_url):
    story.upgrade(database_url, "r2")
    old = schemalatch.watch(database_url, "alembic", story.old).wait_until_ready()
    new = schemalatch.watch(database_url, "alembic", story.new).wait_for_state("behind")
    assert new.readyz()[0] == 503
    assert "at r2, needs r4 (3 migrations missing)" in new.readyz()[1]
    assert new.dependency()["missing"] == ["r3a", "r3b", "r4"]

    story.upgrade(database_url, "r3a")
    new.wait_for(lambda it: it.dependency()["missing"] == ["r3b", "r4"], "half of the merge")
    assert new.readyz()[0] == 503
    story.upgrade(database_url, "r3b")
    new.wait_for(lambda it: it.dependency()["missing"] == ["r4"], "both halves, not merged")
    assert new.readyz()[0] == 503

    story.upgrade(database_url, "head")
    new.wait_until_ready()
    assert old.wait_for_looks(2).readyz() == (200, "ok\n")

    story.downgrade(database_url, "r2")
    new.wait_for(lambda it: it.readyz()[0] == 503, "503 by itself")
    old.wait_for_looks(2)
    assert old.readyz() == (200, "ok\n")
    never_unready(old)
    with pytest.raises(AssertionError):
        never_unready(new)  # so the log has the words that were looked for


def test_an_unknown_newer_head_keeps_the_old_image_ready_and_is_said_to_be_assumed(schemalatch, story, database_url):
    story.upgrade(database_url, "r2")
    old = schemalatch.watch(database_url, "alembic", story.old).wait_until_ready()
    story.upgrade(database_url, "head")
    old.wait_for(lambda it: it.dependency()["assumed"], "assumed")
    assert old.readyz()[0] == 200
    assert "assumed" in old.dependency()["reason"]
    assert "\nschemalatch_assumed{dependency=\"database\"} 1\n" in old.get("/metrics")[1]

    anew = schemalatch.watch(database_url, "alembic", story.old).wait_until_ready()
    assert anew.dependency()["assumed"]
    never_unready(old)


def test_with_fail_an_unknown_head_is_unknown_and_unready(schemalatch, story, database_url):
    story.upgrade(database_url, "head")
    old = schemalatch.watch(database_url, "alembic", story.old, unknown_revision="fail").wait_for_state("unknown")
    assert old.readyz()[0] == 503
    result = schemalatch.run("check", "--url", database_url, "--require", story.old, env={"SCHEMALATCH_UNKNOWN_REVISION": "fail"})
    assert result.code == 12


def test_a_literal_revision_is_never_satisfied_by_an_unknown_head(schemalatch, story, database_url):
    story.upgrade(database_url, "head")
    result = schemalatch.run("check", "--url", database_url, "--tool", "alembic", "--require", "r2")
    assert (result.code, result.out.split(":")[0]) == (12, "database unknown")
    assert schemalatch.run("check", "--url", database_url, "--tool", "alembic", "--require", "r4").code == 0


def test_an_ancestor_head_beside_an_unknown_one_is_behind(schemalatch, story, database_url):
    story.upgrade(database_url, "r1")
    execute(database_url, "INSERT INTO alembic_version VALUES ('from_the_future')")
    result = schemalatch.run("check", "--url", database_url, "--require", story.old)
    assert (result.code, result.out.split(":")[0]) == (1, "database behind")


def test_a_database_without_tables_is_unmigrated(schemalatch, story, database_url):
    if database_url.startswith("sqlite"):
        sqlite3.connect(database_url.removeprefix("sqlite:///")).execute("CREATE TABLE other (id)")
    result = schemalatch.run("check", "--url", database_url, "--require", story.new)
    assert result.code == 3
    assert 'no table "alembic_version"' in result.out


def test_a_database_that_was_downgraded_to_its_base_is_unmigrated(schemalatch, story, database_url):
    story.upgrade(database_url, "r1")
    story.downgrade(database_url, "base")
    result = schemalatch.run("check", "--url", database_url, "--require", story.old)
    assert result.code == 3
    assert "records nothing applied" in result.out
