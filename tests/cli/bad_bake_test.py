"""Every bad set of migrations in tests/data/bake/bad gives exactly the lines of its file `expected`, and 78."""
import pathlib

import pytest

BAD = pathlib.Path(__file__).resolve().parents[1] / "data/bake/bad"
CASES = sorted(path.parent for path in BAD.glob("*/*/expected"))


def folders_of(case):
    """Django's lie in their apps; the subfolders of others are what is given, but for Flyway, which searches them itself."""
    apps = sorted(case.glob("*/migrations"))
    inner = sorted(path for path in case.iterdir() if path.is_dir())
    return apps or (inner if case.parent.name != "flyway" else []) or [case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_what_cannot_be_read_for_sure_is_refused_with_file_and_line(schemalatch, case, tmp_path):
    output = tmp_path / "required.json"
    folders = folders_of(case)
    result = schemalatch.run("bake", "--tool", case.parent.name, "--from", *folders, "--output", output)
    expected = (case / "expected").read_text().replace("{dir}", str(case)).splitlines()
    assert result.err.splitlines() == [f"schemalatch: error: {line}" for line in expected]
    assert (result.code, result.out, output.exists()) == (78, "", False)


def test_there_are_cases_for_every_tool_that_can_be_baked(schemalatch):
    tools = {line.split()[0] for line in schemalatch.run("tools").out.splitlines()}
    assert {case.parent.name for case in CASES} == tools
