"""sidecar/config/keys.cpp, as --help shows it, docs/configuration.md and examples/schemalatch.toml name the same keys."""
import pathlib
import re
import sqlite3
import tomllib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/configuration.md"
EXAMPLE = ROOT / "examples/schemalatch.toml"

COMMANDS = ("serve", "check", "wait", "upgrade", "status", "check-config")  # that take a configuration
MUST_BE_GIVEN = {"url", "require"}  # the only keys that the example does not comment out


@pytest.fixture(scope="module")
def keys(schemalatch):
    """(key, environment variable, default or "") in the order of keys.cpp."""
    text = schemalatch.run("serve", "--help").out
    listed = re.findall(r"^  (SCHEMALATCH_(\w+))=\S+ +.*?(?: \(default (.+)\))?$", text, re.M)
    assert len(listed) > 10
    return [(key.lower(), variable, default) for variable, key, default in listed]


@pytest.fixture
def satisfied(schemalatch, tmp_path):
    """Environment under which whatever dependency a file describes is satisfied."""
    database = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    database.execute("CREATE TABLE schema_migrations (version uint64, dirty bool)")
    database.execute("INSERT INTO schema_migrations VALUES (1, 0)")
    database.close()
    (tmp_path / "1_first.up.sql").touch()
    baked = schemalatch.bake("golang-migrate", [tmp_path], tmp_path / "required.json")
    return {"SCHEMALATCH_URL": f"sqlite:///{tmp_path}/app.db", "SCHEMALATCH_REQUIRE": baked}


def uncommented(text):
    return re.sub(r"^#(?=\w)", "", text, flags=re.M)


def as_text(value):
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else value


def problems(result):
    return [line for line in result.err.splitlines() if "error:" in line]


def test_help_of_every_command_that_takes_a_configuration_lists_the_same_keys(schemalatch):
    footers = {schemalatch.run(command, "--help").out.partition("Environment,")[2] for command in COMMANDS}
    assert len(footers) == 1 and footers != {""}


def test_the_page_has_a_row_for_every_key_in_the_tables_order(keys):
    rows = re.findall(r"^\| `(\w+)` \| `(SCHEMALATCH_\w+)` \| (?:`(.+?)`|none) \| .+ \|$", PAGE.read_text(), re.M)
    assert rows == keys


def test_the_page_of_tools_has_a_row_for_every_key_of_an_own_tool(schemalatch):
    listed = re.findall(r"^  (\w+) = \S+ +.*?(?: \(default (.+)\))?$", schemalatch.run("serve", "--help").out.partition("[[tool]]")[2], re.M)
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.+?)`|none) \| [^|]+ \|$", (ROOT / "docs/tools.md").read_text(), re.M)
    assert listed == rows != []


def test_the_example_has_every_key_in_the_tables_order_at_its_default(keys):
    file = tomllib.loads(uncommented(EXAMPLE.read_text()))
    assert list(file) == ["http", "dependency"]
    shown = {**file["http"], **file["dependency"][0]}
    assert list(shown) == [key for key, _, _ in keys]
    defaults = {key: default for key, _, default in keys if key not in MUST_BE_GIVEN}
    assert {key: as_text(value) for key, value in shown.items() if key not in MUST_BE_GIVEN} == defaults


def test_the_example_comments_out_all_that_need_not_be_given():
    file = tomllib.loads(EXAMPLE.read_text())
    assert set(file["dependency"][0]) == MUST_BE_GIVEN
    assert file["http"] == {}


@pytest.mark.parametrize("take_marks_away", [False, True])
def test_the_example_loads(schemalatch, tmp_path, satisfied, take_marks_away):
    text = EXAMPLE.read_text()
    path = tmp_path / "gate.toml"
    path.write_text(uncommented(text) if take_marks_away else text)
    result = schemalatch.run("check", "--config", path, env=satisfied)
    assert (result.code, result.err) == (0, "")
    assert problems(schemalatch.run("check", "--config", path)) == [
        f'schemalatch: error: {path}:{line_of_dependency(path)}: dependency "database": '
        "require: /schema/required.json: No such file or directory; put the baked file there, or correct the path"]


def line_of_dependency(path):
    return path.read_text().splitlines().index("[[dependency]]") + 1


def blocks_of_docs():
    for page in sorted(ROOT.glob("docs/*.md")):
        for number, block in enumerate(re.findall(r"^```toml\n(.*?)^```$", page.read_text(), re.M | re.S), 1):
            yield pytest.param(block, id=f"{page.name}-{number}")


@pytest.mark.parametrize("block", blocks_of_docs())
def test_every_configuration_shown_in_the_docs_lacks_nothing_but_its_files(schemalatch, tmp_path, block):
    path = tmp_path / "gate.toml"
    path.write_text(block)
    env = {} if "[[dependency]]" in block else {"SCHEMALATCH_URL": "sqlite:////nowhere.db", "SCHEMALATCH_REQUIRE": "@/schema/required.json"}
    result = schemalatch.run("check", "--config", path, env=env)
    for problem in problems(result):
        assert re.search(r"(require|url_file): /\S+: No such file or directory", problem), problem
    assert problems(result) or result.code not in (64, 78)
