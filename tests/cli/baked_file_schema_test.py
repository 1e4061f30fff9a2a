"""docs/baked-file.schema.json describes what bake writes, and refuses nothing but what schemalatch refuses too."""
import copy
import json
import pathlib
import re

import jsonschema
import pytest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
VALIDATOR = jsonschema.Draft202012Validator(json.loads((DOCS / "baked-file.schema.json").read_text()))

REVISIONS = {"a1": None, "b2": "a1", "c3": "a1", "d4": ("b2", "c3"), "e5": None}
HIGHEST = "18446744073709551615"


DJANGO = {
    "0001_initial": "",
    "0002_price": "dependencies = [('shop', '0001_initial')]",
    "0001_squashed": "replaces = [('shop', '0001_initial'), ('shop', '0002_price')]",
    "0003_all": "replaces = [('shop', '0001_squashed')]",  # so that one is told that is not required itself
    "0004_tax": "dependencies = [('shop', '0003_all')]",
}
FLYWAY = ("B5__base.sql", "V6.1__orders.sql", "V7_0__tax.sql", "R__views.sql")
OWN_TOOLS = """
[[tool]]
name = "house"
table = "house_versions"
id = "version"
ids = "number"

[[tool]]
name = "house.counter"
table = "house_counter"
id = "version"
order = "number"
"""
TOOLS = ["alembic", "django", "flyway", "golang-migrate", "house", "house.counter"]


def write_migrations(folder):
    """The arguments that bake each tool whose files can be read."""
    versions, shop, flyway, numbered = (folder / name for name in ("versions", "shop/migrations", "flyway", "numbered"))
    for path in (versions, shop, flyway, numbered):
        path.mkdir(parents=True)
    for revision, down in REVISIONS.items():
        (versions / f"{revision}.py").write_text(f"revision = {revision!r}\ndown_revision = {down!r}\n")
    (shop / "__init__.py").touch()
    for name, body in DJANGO.items():
        (shop / f"{name}.py").write_text(
            f"from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    pass\n    {body}\n")
    for name in FLYWAY:
        (flyway / name).touch()
    for name in ("1_users.up.sql", "1_users.down.sql", "002_orders.up.sql", f"{HIGHEST}_last.up.sql"):
        (numbered / name).touch()
    return {
        "alembic": ["--from", versions, "--exclude", "e?", "--upto", "d4"],
        "django": ["--from", shop],
        "flyway": ["--from", flyway, "--upto", "7", "--exclude", "6.*"],
        "golang-migrate": ["--from", numbered],
    }


@pytest.fixture(scope="module")
def own_tools(tmp_path_factory):
    """A configuration that describes two tools."""
    path = tmp_path_factory.mktemp("config") / "schemalatch.toml"
    path.write_text(OWN_TOOLS)
    return path


@pytest.fixture(scope="module")
def baked(schemalatch, own_tools, tmp_path_factory):
    """What the binary writes, by tool."""
    results = {tool: schemalatch.run("bake", "--tool", tool, *arguments)
               for tool, arguments in write_migrations(tmp_path_factory.mktemp("image")).items()}
    for tool in ("house", "house.counter"):
        results[tool] = schemalatch.run("bake", "--config", own_tools, "--tool", tool, "--from", "-", input="7\n12\n")
    assert {tool: result.code for tool, result in results.items()} == dict.fromkeys(TOOLS, 0)
    return {tool: json.loads(result.out) for tool, result in results.items()}


def is_valid(file):
    return VALIDATOR.is_valid(file)


@pytest.fixture
def is_accepted(schemalatch, own_tools, tmp_path):
    def ask(file):
        path = tmp_path / "required.json"
        path.write_text(json.dumps(file))
        result = schemalatch.run("check", "--config", own_tools, "--url", f"sqlite:///{tmp_path}/absent.db",
                                 "--require", f"@{path}")
        assert result.code in (5, 78), result.err
        return result.code == 5
    return ask


def test_the_schema_is_one():
    VALIDATOR.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("tool", TOOLS)
def test_what_bake_writes_fits_the_schema(is_accepted, baked, tool):
    VALIDATOR.validate(baked[tool])
    assert is_accepted(baked[tool])


def test_what_bake_writes_is_every_member_that_the_schema_tells_of(baked):
    written = set().union(*baked.values())
    assert written == {*VALIDATOR.schema["properties"], "graph", "items"}
    assert set().union(*(item for file in baked.values() for item in file.get("items", []))) == {"id", "replaces", "baseline"}


def test_every_tool_that_can_be_baked_is_baked_here(schemalatch):
    known = [line.split()[0] for line in schemalatch.run("tools").out.splitlines()]
    assert TOOLS == known + ["house", "house.counter"]


def test_the_examples_on_the_page_fit_the_schema(schemalatch, is_accepted):
    blocks = re.findall(r"^```json\n(.*?)^```$", (DOCS / "baking.md").read_text(), re.M | re.S)
    examples = [json.loads(block) for block in blocks]
    known = {line.split()[0] for line in schemalatch.run("tools").out.splitlines()}
    assert {example["tool"] for example in examples} == known
    for example in examples:
        VALIDATOR.validate(example)
        assert is_accepted(example)


def cases(rows):
    return pytest.mark.parametrize("tool, change", [pytest.param(*row, id=words) for words, *row in rows])


def without(key):
    return lambda file: file.pop(key)


def put(key, value):
    return lambda file: file.update({key: value})


HARMLESS = [
    # in words, tool, what happens to the file
    ("a member that nobody knows", "alembic", put("made_by", "a later schemalatch")),
    ("no graph", "alembic", without("graph")),
    ("items beside a graph", "alembic", put("items", "not alembic's")),
    ("no items", "golang-migrate", without("items")),
    ("a graph beside items", "golang-migrate", put("graph", "not golang-migrate's")),
    ("an item with a title", "golang-migrate", lambda file: file["items"][0].update({"title": "users"})),
    ("a graph that is no graph, of a tool that has none", "django", put("graph", [])),
    ("no items", "django", without("items")),
    ("no items", "flyway", without("items")),
    ("a name that holds dots and lines", "django", put("required", ["shop.0001.a\nb", "shop.."])),
    ("a replacement of nothing", "django", put("items", [{"id": "shop.0004_tax", "replaces": []}])),
    ("a baseline that is none", "flyway", put("items", [{"id": "5", "baseline": False}])),
    ("a version with zeros and a repeatable without a name", "flyway", put("required", ["007.0", "R__", "R__a b"])),
    ("nothing excluded, up to nothing", "flyway", lambda file: file.update({"upto": "", "exclude": []})),
    ("one number, which a tool of one's own counts in", "house", put("required", ["-1"])),
    ("items of a tool that counts, with more to them", "house.counter", put("items", [{"id": "12", "replaces": 7}])),
    ("a number with zeros in front", "golang-migrate", put("items", [{"id": "0" + HIGHEST}])),
]


@cases(HARMLESS)
def test_a_harmless_change_passes_the_schema_and_schemalatch(is_accepted, baked, tool, change):
    file = copy.deepcopy(baked[tool])
    change(file)
    assert is_valid(file)
    assert is_accepted(file)


SPOILED = [
    # in words, tool, what happens to the file
    ("a number below 0", "golang-migrate", put("items", [{"id": "-1"}, {"id": HIGHEST}])),
    *[(f"no {key}", tool, without(key)) for tool in TOOLS for key in ("format", "tool", "required")],
    ("a format that never was one", "alembic", put("format", 0)),
    ("a later format", "alembic", put("format", 2)),
    ("a format in quotes", "alembic", put("format", "1")),
    ("a tool that is not settled", "django", put("tool", "auto")),
    ("a tool that no name can be", "django", put("tool", "ho use")),
    ("several tools", "alembic", put("tool", ["alembic"])),
    ("nothing required", "alembic", put("required", [])),
    ("required that is no list", "alembic", put("required", "d4")),
    ("an empty revision", "alembic", put("required", [""])),
    ("a revision that is no text", "alembic", put("required", [4])),
    ("a graph that is a list", "alembic", put("graph", ["a1", "b2"])),
    ("a parent that is no list", "alembic", lambda file: file["graph"].update({"b2": "a1"})),
    ("a parent that is no text", "alembic", lambda file: file["graph"].update({"b2": [None]})),
    ("a parent that is empty", "alembic", lambda file: file["graph"].update({"b2": [""]})),
    ("an upto that is no text", "alembic", put("upto", 7)),
    ("an exclude that is no list", "alembic", put("exclude", "e?")),
    ("an empty pattern", "flyway", put("exclude", [""])),
    ("nothing required", "django", put("required", [])),
    ("a name without an app", "django", put("required", ["0001_initial"])),
    ("an app without a name", "django", put("required", ["shop."])),
    ("a name of an empty app", "django", put("required", [".0001_initial"])),
    ("items that are no list", "django", put("items", {"id": "shop.0001_squashed"})),
    ("an item without an id", "django", put("items", [{"replaces": []}])),
    ("an item of an empty id", "django", put("items", [{"id": ""}])),
    ("an item that names no app", "django", put("items", [{"id": "0001_initial"}])),
    ("replaces that is no list", "django", lambda file: file["items"][0].update({"replaces": "shop.0001_initial"})),
    ("something replaced that names no app", "django", lambda file: file["items"][0].update({"replaces": ["0001"]})),
    ("something replaced that is no text", "django", lambda file: file["items"][0].update({"replaces": [None]})),
    ("a version with a letter", "flyway", put("required", ["1a"])),
    ("a version that ends in a dot", "flyway", put("required", ["1."])),
    ("a version with an empty part", "flyway", put("required", ["1..2"])),
    ("a version below zero", "flyway", put("required", ["-1"])),
    ("an item that is no version", "flyway", put("items", [{"id": "base", "baseline": True}])),
    ("an item that is no version and is told for what it replaces", "flyway",
     put("items", [{"id": "base", "replaces": ["1"]}])),
    ("a baseline that is neither true nor false", "flyway", put("items", [{"id": "5", "baseline": 1}])),
    ("an id that is no text", "house", put("items", [{"id": 7}])),
    ("two required numbers", "golang-migrate", put("required", ["1", "2"])),
    ("a number with a letter", "golang-migrate", put("required", ["v2"])),
    ("a number with a plus", "golang-migrate", put("required", ["+2"])),
    ("items that are no list", "golang-migrate", put("items", {"id": "2"})),
    ("an item that is no object", "golang-migrate", put("items", ["2"])),
    ("an item without an id", "golang-migrate", put("items", [{"title": "orders"}])),
    ("an id that is no text", "golang-migrate", put("items", [{"id": 2}])),
    ("an id that is no number", "golang-migrate", put("items", [{"id": "two"}])),
]


@cases(SPOILED)
def test_a_spoiled_file_fails_the_schema_and_schemalatch(is_accepted, baked, tool, change):
    file = copy.deepcopy(baked[tool])
    change(file)
    assert not is_valid(file)
    assert not is_accepted(file)


BEYOND_THE_SCHEMA = [
    # in words, tool, what happens to the file: what the schema's own description leaves to schemalatch
    ("an unknown tool", "alembic", put("tool", "liquid-alembic")),
    ("a tool whose name is that of a configuration which is not there", "house", put("tool", "mouse")),
    ("an id that is no number, of a tool of one's own", "house", put("required", ["seven"])),
    ("an item that is no number, of a tool of one's own", "house", put("items", [{"id": "seven"}])),
    ("two numbers of a tool of one's own that keeps one", "house.counter", put("required", ["7", "12"])),
    ("a required revision outside of the graph", "alembic", put("required", ["f6"])),
    ("a parent outside of the graph", "alembic", lambda file: file["graph"].update({"b2": ["f6"]})),
    ("a cycle", "alembic", lambda file: file["graph"].update({"a1": ["d4"]})),
    ("a required number that is not the highest item", "golang-migrate", put("required", ["2"])),
]


@cases(BEYOND_THE_SCHEMA)
def test_what_the_schema_cannot_say_schemalatch_still_refuses(is_accepted, baked, tool, change):
    file = copy.deepcopy(baked[tool])
    change(file)
    assert is_valid(file)
    assert not is_accepted(file)
