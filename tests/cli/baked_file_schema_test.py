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


@pytest.fixture(scope="module")
def baked(schemalatch, tmp_path_factory):
    """What the binary writes, by tool."""
    versions = tmp_path_factory.mktemp("versions")
    for revision, down in REVISIONS.items():
        (versions / f"{revision}.py").write_text(f"revision = {revision!r}\ndown_revision = {down!r}\n")
    numbered = tmp_path_factory.mktemp("migrations")
    for name in ("1_users.up.sql", "1_users.down.sql", "002_orders.up.sql", f"{HIGHEST}_last.up.sql"):
        (numbered / name).touch()
    folders = {"alembic": versions, "golang-migrate": numbered}
    results = {tool: schemalatch.run("bake", "--tool", tool, "--from", folder) for tool, folder in folders.items()}
    return {tool: json.loads(result.out) for tool, result in results.items()}


def is_valid(file):
    return VALIDATOR.is_valid(file)


def is_accepted(schemalatch, tmp_path, file):
    path = tmp_path / "required.json"
    path.write_text(json.dumps(file))
    result = schemalatch.run("check", "--url", f"sqlite:///{tmp_path}/absent.db", "--require", f"@{path}")
    assert result.code in (5, 78), result.err
    return result.code == 5


def test_the_schema_is_one():
    VALIDATOR.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("tool", ["alembic", "golang-migrate"])
def test_what_bake_writes_fits_the_schema(schemalatch, tmp_path, baked, tool):
    VALIDATOR.validate(baked[tool])
    assert is_accepted(schemalatch, tmp_path, baked[tool])


def test_the_examples_on_the_page_fit_the_schema():
    examples = re.findall(r"^```json\n(.*?)^```$", (DOCS / "baking.md").read_text(), re.M | re.S)
    assert len(examples) == 2
    for example in examples:
        VALIDATOR.validate(json.loads(example))


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
    ("numbers with a sign or zeros in front", "golang-migrate", put("items", [{"id": "-1"}, {"id": "0" + HIGHEST}])),
]


@cases(HARMLESS)
def test_a_harmless_change_passes_the_schema_and_schemalatch(schemalatch, tmp_path, baked, tool, change):
    file = copy.deepcopy(baked[tool])
    change(file)
    assert is_valid(file)
    assert is_accepted(schemalatch, tmp_path, file)


SPOILED = [
    # in words, tool, what happens to the file
    *[(f"no {key}", tool, without(key)) for tool in ("alembic", "golang-migrate") for key in ("format", "tool", "required")],
    ("a format that never was one", "alembic", put("format", 0)),
    ("a later format", "alembic", put("format", 2)),
    ("a format in quotes", "alembic", put("format", "1")),
    ("an unknown tool", "alembic", put("tool", "liquid-alembic")),
    ("several tools", "alembic", put("tool", ["alembic"])),
    ("nothing required", "alembic", put("required", [])),
    ("required that is no list", "alembic", put("required", "d4")),
    ("an empty revision", "alembic", put("required", [""])),
    ("a revision that is no text", "alembic", put("required", [4])),
    ("a graph that is a list", "alembic", put("graph", ["a1", "b2"])),
    ("a parent that is no list", "alembic", lambda file: file["graph"].update({"b2": "a1"})),
    ("a parent that is no text", "alembic", lambda file: file["graph"].update({"b2": [None]})),
    ("a parent that is empty", "alembic", lambda file: file["graph"].update({"b2": [""]})),
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
def test_a_spoiled_file_fails_the_schema_and_schemalatch(schemalatch, tmp_path, baked, tool, change):
    file = copy.deepcopy(baked[tool])
    change(file)
    assert not is_valid(file)
    assert not is_accepted(schemalatch, tmp_path, file)


BEYOND_THE_SCHEMA = [
    # in words, tool, what happens to the file: what the schema's own description leaves to schemalatch
    ("a required revision outside of the graph", "alembic", put("required", ["f6"])),
    ("a parent outside of the graph", "alembic", lambda file: file["graph"].update({"b2": ["f6"]})),
    ("a cycle", "alembic", lambda file: file["graph"].update({"a1": ["d4"]})),
    ("a required number that is not the highest item", "golang-migrate", put("required", ["2"])),
]


@cases(BEYOND_THE_SCHEMA)
def test_what_the_schema_cannot_say_schemalatch_still_refuses(schemalatch, tmp_path, baked, tool, change):
    file = copy.deepcopy(baked[tool])
    change(file)
    assert is_valid(file)
    assert not is_accepted(schemalatch, tmp_path, file)
