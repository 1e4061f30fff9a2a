"""Every exit code that can occur, by the command that a user would run."""
import pathlib
import socket
import sqlite3

import pytest

ALEMBIC = "CREATE TABLE alembic_version (version_num TEXT)"
NUMBER = "CREATE TABLE schema_migrations (version INTEGER, dirty BOOLEAN)"


def at(*statements):
    return lambda path: sqlite3.connect(path).executescript(";".join(statements))


def nothing(_):
    pass


CHECKS = [
    # code, state, how the database came to be, tool, require
    (0, "satisfied", at(NUMBER, "INSERT INTO schema_migrations VALUES (4, 0)"), "golang-migrate", "4"),
    (1, "behind", at(NUMBER, "INSERT INTO schema_migrations VALUES (3, 0)"), "golang-migrate", "4"),
    (3, "unmigrated", at(NUMBER), "golang-migrate", "4"),
    (4, "dirty", at(NUMBER, "INSERT INTO schema_migrations VALUES (4, 1)"), "golang-migrate", "4"),
    (5, "unreachable", nothing, "golang-migrate", "4"),
    (12, "unknown", at(ALEMBIC, "INSERT INTO alembic_version VALUES ('a')"), "alembic", "b"),
    (14, "unreadable", at(NUMBER, "INSERT INTO schema_migrations VALUES ('four', 0)"), "golang-migrate", "4"),
]


@pytest.mark.parametrize("code, state, arrange, tool, require", CHECKS)
def test_check_tells_the_state_by_its_exit_code(schemalatch, tmp_path, code, state, arrange, tool, require):
    path = tmp_path / "app.db"
    arrange(path)
    result = schemalatch.run("check", "--url", f"sqlite:///{path}", "--tool", tool, "--require", require)
    assert (result.code, result.out.split(":")[0]) == (code, f"database {state}")
    assert result.out.count("\n") == 1


def test_13_is_blocked(schemalatch, tmp_path):
    path = tmp_path / "app.db"
    at(NUMBER, "INSERT INTO schema_migrations VALUES (4, 0)")(path)
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    assert schemalatch.run("check", "--url", f"sqlite:///{path}", "--tool", "golang-migrate", "--require", "4").code == 13


def test_6_is_denied(schemalatch, postgres):
    url = postgres.create_database()
    name = url.rsplit("/", 1)[1]
    postgres.execute(name, "CREATE TABLE schema_migrations (version bigint, dirty boolean)", f"CREATE ROLE reader_{name} LOGIN")
    assert schemalatch.run("check", "--url", postgres.url(name, f"reader_{name}"), "--tool", "golang-migrate", "--require", "4").code == 6


def test_of_several_dependencies_the_first_that_is_not_ready_gives_the_code(schemalatch, tmp_path):
    at(NUMBER, "INSERT INTO schema_migrations VALUES (4, 0)")(tmp_path / "good.db")
    at(NUMBER)(tmp_path / "empty.db")
    config = tmp_path / "gate.toml"
    config.write_text("\n".join(
        f'[[dependency]]\nname = "{name}"\nurl = "sqlite:///{tmp_path}/{file}"\ntool = "golang-migrate"\nrequire = 4\n'
        for name, file in (("one", "good.db"), ("two", "empty.db"), ("three", "none.db"))))
    result = schemalatch.run("check", "--config", config)
    assert [line.split(":")[0] for line in result.out.splitlines()] == ["one satisfied", "two unmigrated", "three unreachable"]
    assert result.code == 3
    assert schemalatch.run("check", "--config", config, "--dependency", "three").code == 5


def test_what_is_not_enforced_is_told_and_excused(schemalatch, tmp_path):
    result = schemalatch.run("check", "--url", f"sqlite:///{tmp_path}/none.db", "--tool", "golang-migrate", "--require", "4",
                             env={"SCHEMALATCH_ENFORCE": "false"})
    assert (result.code, result.out.split(":")[0]) == (0, "database unreachable (not enforced)")


def test_64_is_wrong_usage(schemalatch):
    assert schemalatch.run("chekc").code == 64
    assert schemalatch.run("check", "--frob").code == 64
    assert schemalatch.run().code == 64


def test_69_is_an_address_that_is_taken(schemalatch, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        result = schemalatch.run("serve", "--url", f"sqlite:///{tmp_path}/a.db", "--tool", "golang-migrate", "--require", "4", "--listen", address)
    assert result.code == 69
    assert address in result.err


def test_78_is_a_bad_configuration_or_requirement(schemalatch, tmp_path):
    assert schemalatch.run("check").code == 78
    for command in ("check", "serve"):
        result = schemalatch.run(command, "--url", f"sqlite:///{tmp_path}/a.db", "--require", f"@{tmp_path}/none.json")
        assert result.code == 78
        assert "none.json" in result.err


def test_bake_writes_the_whole_file_or_none(schemalatch, tmp_path):
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    output = tmp_path / "required.json"
    assert schemalatch.run("bake", "--tool", "golang-migrate", "--from", migrations, "--output", output).code == 78
    assert not output.exists()
    (migrations / "1_create.up.sql").write_text("")
    assert schemalatch.run("bake", "--tool", "golang-migrate", "--from", migrations, "--output", output).code == 0
    assert '"required"' in output.read_text()
    assert schemalatch.run("bake", "--tool", "golang-migrate", "--from", migrations, "--output", tmp_path / "none" / "x").code == 78
    assert schemalatch.run("bake", "--tool", "golang-migrate").code == 64
    assert schemalatch.run("bake", "--tool", "golang-migrate", "--from", migrations).out == output.read_text()
    assert [entry for entry in pathlib.Path(tmp_path).iterdir() if entry.name.endswith(".new")] == []


def test_tools_lists_a_line_each_with_the_name_first(schemalatch):
    result = schemalatch.run("tools")
    assert result.code == 0
    assert [line.split()[0] for line in result.out.splitlines()] == ["alembic", "django", "flyway", "golang-migrate"]
    assert schemalatch.run("tools", "alembic").code == 0
    assert schemalatch.run("tools", "alembik").code == 64


def test_help_and_version_are_results(schemalatch):
    assert schemalatch.run("--version").out == "schemalatch 0.1.0\n"
    for words in (["--help"], ["serve", "--help"], ["check", "--help"], ["bake", "--help"], ["tools", "--help"]):
        result = schemalatch.run(*words)
        assert (result.code, result.err) == (0, "")
        assert "Usage: schemalatch" in result.out
