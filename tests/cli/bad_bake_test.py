"""Every bad set of migrations in tests/data/bake/bad gives exactly the lines of its file `expected`, and 78."""
import pathlib

import pytest

BAD = pathlib.Path(__file__).resolve().parents[1] / "data/bake/bad"
CASES = sorted(path.parent for path in BAD.glob("*/*/expected"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_what_cannot_be_read_for_sure_is_refused_with_file_and_line(schemalatch, case, tmp_path):
    output = tmp_path / "required.json"
    folders = sorted(path for path in case.iterdir() if path.is_dir()) or [case]
    result = schemalatch.run("bake", "--tool", case.parent.name, "--from", *folders, "--output", output)
    expected = (case / "expected").read_text().replace("{dir}", str(case)).splitlines()
    assert result.err.splitlines() == [f"schemalatch: error: {line}" for line in expected]
    assert (result.code, result.out, output.exists()) == (78, "", False)


def test_there_are_cases_for_every_tool_that_can_be_baked(schemalatch):
    tools = {line.split()[0] for line in schemalatch.run("tools").out.splitlines()}
    assert {case.parent.name for case in CASES} == tools
