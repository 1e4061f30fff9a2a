"""`check-config`, and what it has in common with the commands that use the configuration."""
import json
import pathlib

import pytest

BAD = pathlib.Path(__file__).resolve().parents[1] / "data/config/bad"


def test_a_good_configuration_is_told_in_a_line_for_each_dependency_without_a_connection(schemalatch, tmp_path):
    config = tmp_path / "gate.toml"
    config.write_text('[[dependency]]\nname = "orders"\nurl = "postgresql://ro:s3cret@db,db2:5433/orders"\ntool = "alembic"\nrequire = "ae1027a6acf3"\n'
                      '[[dependency]]\nname = "audit"\nurl = "sqlite:////var/audit.db"\ntool = "golang-migrate"\nrequire = 42\n')
    result = schemalatch.run("check-config", "--config", config)
    assert result.out == ("orders: alembic at db:5432, db2:5433, needs ae1027a6acf3 (ae1027a6acf3)\n"
                          "audit: golang-migrate at /var/audit.db, needs 42 (42)\n"
                          "configuration is right\n")
    assert result.code == 0
    assert "s3cret" not in result.err
    assert "carries no ancestry" in result.err


@pytest.mark.parametrize("path", sorted(BAD.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_one_is_refused_as_check_refuses_it(schemalatch, path):
    asked, looked = (schemalatch.run(command, "--config", path, cwd=BAD) for command in ("check-config", "check"))
    assert (asked.code, asked.out, asked.err) == (78, "", looked.err)


ADDRESSES = [
    ({"SCHEMALATCH_LISTEN": "7355"}, 'listen: "7355" is not HOST:PORT; write one such as 127.0.0.1:7355 or [::]:7355'),
    ({"SCHEMALATCH_DETAIL_LISTEN": "here"}, 'detail_listen: "here" is not HOST:PORT; write one such as 127.0.0.1:7355 or [::]:7355'),
    ({"SCHEMALATCH_LISTEN": "[::]:1", "SCHEMALATCH_DETAIL_LISTEN": "[::]:1"}, "detail_listen: is the same as listen; leave it out, or give it a port of its own"),
]


@pytest.mark.parametrize("environment, message", ADDRESSES)
def test_an_address_that_serve_could_not_listen_on_is_refused(schemalatch, environment, message):
    good = {"SCHEMALATCH_URL": "sqlite:////nowhere/app.db", "SCHEMALATCH_TOOL": "golang-migrate", "SCHEMALATCH_REQUIRE": "1"}
    for command in ("check-config", "serve"):
        result = schemalatch.run(command, env={**good, **environment})
        assert (result.code, result.out) == (78, "")
        assert result.err.rstrip("\n").endswith(f"schemalatch: error: {message}")


def test_of_many_migrations_the_number_is_told_and_where_they_stand(schemalatch, tmp_path):
    required = tmp_path / "required.json"
    required.write_text(json.dumps({"format": 1, "tool": "django", "required": [f"shop.{number:04}_x" for number in range(500)]}))
    path = tmp_path / "gate.toml"
    path.write_text(f'[[dependency]]\nname = "orders"\nurl = "sqlite:////nowhere/app.db"\nrequire = "@{required}"\n')
    result = schemalatch.run("check-config", "--config", path)
    assert result.code == 0, result.err
    assert f"needs 500 migrations (@{required})" in result.out


def test_a_tool_that_only_a_query_reads_is_described_without_columns(schemalatch, tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text("""[[tool]]\nname = "house"\nquery = "SELECT v, 'clean' FROM x"\n"""
                    """[[tool]]\nname = "garden"\ntable = "beds"\nquery = "SELECT v, 'clean' FROM {table}"\n"""
                    """[[dependency]]\nname = "orders"\nurl = "sqlite:////nowhere/app.db"\ntool = "house"\nrequire = "1"\n""")
    assert "\n  table     what its query names\n" in schemalatch.run("tools", "house", "--config", path).out
    assert "\n  table     beds\n" in schemalatch.run("tools", "garden", "--config", path).out
