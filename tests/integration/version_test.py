"""What /version tells over time: of the newest look, of the newest that saw the database, and since when."""
import contextlib
import signal
import socket

import pytest

from postgres import PostgresServer

CREATE = ("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)", "INSERT INTO alembic_version VALUES ('r2')")
OF_A_SIGHT = ["current", "current_count", "missing", "missing_count", "failed", "primary", "checked_at"]


@pytest.fixture
def server():
    """A server that a test may stop and start; its schema is at r2."""
    with PostgresServer() as own:
        own.execute("postgres", *CREATE)
        yield own


def watch(schemalatch, server, **keys):
    return schemalatch.watch(server.url("postgres"), "alembic", "r2", deadline="1s", **keys)


def wait_for_a_later_look(it, told):
    """Until a look that can be told from an earlier answer by its time: times are whole seconds."""
    return it.wait_for(lambda it: it.dependency()["looked_at"] > told["looked_at"], "a later look").dependency()


def sight_of(dependency):
    return {name: dependency[name] for name in OF_A_SIGHT}


def test_before_the_first_answer_of_a_database_that_hangs_nothing_of_it_is_told(schemalatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        it = schemalatch.watch(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d", "alembic", "r2", deadline="2s")
        pending = it.dependency()
        assert (pending["state"], pending["ready"], pending["held"], pending["looked_at"]) == ("pending", False, False, None)
        assert set(sight_of(pending).values()) == {None}
        assert pending["required"] == ["r2"]
        unreachable = it.wait_for_state("unreachable").dependency()
        assert unreachable["looked_at"] == unreachable["since"] > pending["since"]
        assert set(sight_of(unreachable).values()) == {None}


def test_a_gate_that_holds_tells_what_the_last_look_saw_before_the_server_was_gone(schemalatch, server):
    it = watch(schemalatch, server).wait_until_ready()
    server.stop(signal.SIGINT)
    it.wait_for_state("unreachable")
    at_first = it.dependency()
    later = wait_for_a_later_look(it, at_first)
    for told in (at_first, later):
        assert (told["ready"], told["held"], told["current"], told["current_count"], told["primary"]) == (True, True, ["r2"], 1, True)
    assert sight_of(later) == sight_of(at_first)
    assert later["since"] == at_first["since"]
    assert later["checked_at"] < later["looked_at"]
    server.start()
    back = it.wait_for_state("satisfied").dependency()
    assert (back["ready"], back["held"], back["since"] > later["since"]) == (True, False, True)
    assert back["checked_at"] == back["looked_at"]


def test_a_locked_table_is_told_as_blocked_with_what_was_seen_before_the_lock(schemalatch, server):
    it = watch(schemalatch, server).wait_until_ready()
    with contextlib.closing(server.connect("postgres")) as migration:
        migration.cursor().execute("BEGIN; LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        it.wait_for_state("blocked")
        at_first = it.dependency()
        blocked = wait_for_a_later_look(it, at_first)
        migration.cursor().execute("ROLLBACK")
    assert (blocked["state"], blocked["ready"], blocked["held"], blocked["assumed"]) == ("blocked", True, True, False)
    assert (blocked["current"], blocked["missing"], blocked["missing_count"], blocked["failed"]) == (["r2"], [], 0, [])
    assert blocked["checked_at"] < blocked["looked_at"]
    assert blocked["since"] == at_first["since"]
    assert it.wait_for_state("satisfied").dependency()["since"] > blocked["since"]


def test_since_moves_with_the_state_and_not_with_the_reason(schemalatch, server):
    it = schemalatch.watch(server.url("postgres"), "alembic", "r9", deadline="1s").wait_for_state("unknown")
    first = it.dependency()
    wait_for_a_later_look(it, first)
    server.execute("postgres", "UPDATE alembic_version SET version_num = 'r3'")
    it.wait_for(lambda it: it.dependency()["current"] == ["r3"], "r3")
    second = it.dependency()
    assert second["reason"] != first["reason"]
    assert (second["state"], second["since"]) == ("unknown", first["since"])
    assert second["looked_at"] > first["looked_at"]
    server.execute("postgres", "UPDATE alembic_version SET version_num = 'r9'")
    assert it.wait_for_state("satisfied").dependency()["since"] > first["since"]


def test_not_enforced_and_assumed_are_told_beside_the_state(schemalatch, server, project, tmp_path):
    for revision, parents in (("r1", None), ("r2", "r1")):
        project.add(revision, parents)
    require = schemalatch.bake("alembic", [project.versions], tmp_path / "required.json")
    it = schemalatch.watch(server.url("postgres"), "alembic", require, enforce="false", deadline="1s").wait_for_state("satisfied")
    ready = it.dependency()
    assert (ready["enforced"], ready["assumed"], ready["applied_count"], ready["missing_count"]) == (False, False, 2, 0)
    server.execute("postgres", "UPDATE alembic_version SET version_num = 'r7'")
    it.wait_for(lambda it: it.dependency()["assumed"], "assumed")
    newer = it.dependency()
    assert (newer["state"], newer["ready"], newer["held"], newer["current"], newer["applied_count"]) == ("satisfied", True, False, ["r7"], None)
    server.execute("postgres", "UPDATE alembic_version SET version_num = 'r1'")
    behind = it.wait_for(lambda it: not it.dependency()["ready"], "not ready").dependency()
    assert (behind["state"], behind["enforced"], behind["missing"], behind["applied_count"]) == ("behind", False, ["r2"], 1)
    assert it.readyz() == (200, "ok\ndatabase behind (not enforced)\n")
