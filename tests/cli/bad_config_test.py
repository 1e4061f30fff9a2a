"""Every bad configuration in tests/data/config/bad gives exactly the lines of the .expected file beside it, and 78."""
import pathlib

import pytest

BAD = pathlib.Path(__file__).resolve().parents[1] / "data/config/bad"


def expected_lines(path):
    """`{file}` stands for the path of the configuration."""
    return [f"schemalatch: error: {line}" for line in path.with_suffix(".expected").read_text().replace("{file}", str(path)).splitlines()]


@pytest.mark.parametrize("path", sorted(BAD.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_configuration_is_refused_with_every_problem(schemalatch, path):
    result = schemalatch.run("check", "--config", path, cwd=BAD)
    assert result.err.splitlines() == expected_lines(path)
    assert (result.code, result.out) == (78, "")
    assert "s3cr" not in result.err


def test_every_bad_configuration_has_its_message_and_every_message_its_configuration():
    stems = [{path.stem for path in BAD.glob(pattern)} for pattern in ("*.toml", "*.expected")]
    assert stems[0] == stems[1] != set()


def test_serve_refuses_a_bad_configuration_as_check_does(schemalatch):
    path = BAD / "incomplete_in_several_ways.toml"
    result = schemalatch.run("serve", "--config", path, cwd=BAD)
    assert [line.split(" ", 1)[1] for line in result.err.splitlines()] == expected_lines(path)
    assert (result.code, result.out) == (78, "")


def test_a_configuration_that_is_not_there_is_refused(schemalatch, tmp_path):
    missing = tmp_path / "gate.toml"
    for result in (schemalatch.run("check", "--config", missing), schemalatch.run("check", env={"SCHEMALATCH_CONFIG": str(missing)})):
        assert result.err == f"schemalatch: error: {missing}: No such file or directory; correct --config or SCHEMALATCH_CONFIG\n"
        assert (result.code, result.out) == (78, "")


ENVIRONMENTS = [
    # what is set, and the error lines
    ({"SCHEMALATCH_INTERVAL": "soon"}, ['SCHEMALATCH_INTERVAL: "soon" is not a duration; write one such as 250ms, 10s or 1h30m']),
    ({"SCHEMALATCH_DATABASE__ENFORCE": "no"}, ['SCHEMALATCH_DATABASE__ENFORCE: "no" is not true or false']),
    ({"SCHEMALATCH_URL_FILE": "/run/url"}, ["SCHEMALATCH_URL_FILE: stands beside SCHEMALATCH_URL; leave one of them out"]),
    ({"SCHEMALATCH_TOOL": ""}, ['dependency "database": tool: is missing; set it by --tool, SCHEMALATCH_TOOL or in the file; schemalatch tools lists them']),
]


@pytest.mark.parametrize("environment, lines", ENVIRONMENTS)
def test_a_bad_environment_is_refused(schemalatch, environment, lines):
    good = {"SCHEMALATCH_URL": "sqlite:////nowhere/app.db", "SCHEMALATCH_TOOL": "alembic", "SCHEMALATCH_REQUIRE": "ae1027a6acf"}
    result = schemalatch.run("check", env={**good, **environment})
    assert result.err.splitlines() == [f"schemalatch: error: {line}" for line in lines]
    assert (result.code, result.out) == (78, "")


def test_an_unknown_variable_is_one_warning_and_a_service_link_none(schemalatch):
    result = schemalatch.run("check", env={"SCHEMALATCH_URL": "sqlite:////nowhere/app.db", "SCHEMALATCH_TOOL": "golang-migrate", "SCHEMALATCH_REQUIRE": "1",
                                           "SCHEMALATCH_INTERVALL": "1s", "SCHEMALATCH_SERVICE_HOST": "10.0.0.1", "SCHEMALATCH_PORT": "tcp://10.0.0.1:7355"})
    assert result.err == ('schemalatch: warning: unknown environment variable SCHEMALATCH_INTERVALL is ignored; '
                          'did you mean "SCHEMALATCH_INTERVAL"?\n')
    assert result.code == 5


def test_a_listen_address_that_is_none_is_refused(schemalatch):
    result = schemalatch.run("serve", "--listen", "7355", env={"SCHEMALATCH_URL": "sqlite:////nowhere/app.db", "SCHEMALATCH_TOOL": "golang-migrate",
                                                               "SCHEMALATCH_REQUIRE": "1"})
    assert result.err.endswith(' schemalatch: error: listen: "7355" is not HOST:PORT; write one such as 127.0.0.1:7355 or [::]:7355\n')
    assert (result.code, result.out) == (78, "")
