"""Every bad baked file in tests/data/requirement/bad gives exactly the line of the .expected file beside it, and 78."""
import pathlib

import pytest

BAD = pathlib.Path(__file__).resolve().parents[1] / "data/requirement/bad"
URL = {"SCHEMALATCH_URL": "sqlite:////nowhere/app.db"}  # never looked at
PATHS = sorted(BAD.glob("*.json"))


def expected_line(path):
    """`{file}` stands for the path of the baked file."""
    return f"schemalatch: error: {path.with_suffix('.expected').read_text().replace('{file}', str(path))}"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_bad_baked_file_never_passes(schemalatch, path):
    result = schemalatch.run("check", "--require", f"@{path}", env=URL)
    assert result.err == expected_line(path)
    assert (result.code, result.out) == (78, "")


@pytest.mark.parametrize("path", [BAD / "empty.json", BAD / "required_empty.json", BAD / "format_higher.json"], ids=lambda path: path.stem)
def test_serve_does_not_start_with_a_bad_baked_file(schemalatch, path):
    result = schemalatch.run("serve", "--listen", "127.0.0.1:0", "--require", f"@{path}", env=URL)
    assert result.err.split(" ", 1)[1] == expected_line(path)
    assert (result.code, result.out) == (78, "")


def test_every_bad_baked_file_has_its_message_and_every_message_its_file():
    stems = [{path.stem for path in BAD.glob(pattern)} for pattern in ("*.json", "*.expected")]
    assert stems[0] == stems[1] != set()


def test_a_baked_file_that_is_not_there_never_passes(schemalatch, tmp_path):
    result = schemalatch.run("check", "--require", f"@{tmp_path}/required.json", env=URL)
    assert result.err == (f'schemalatch: error: dependency "database": require: {tmp_path}/required.json: No such file or directory; '
                          "put the baked file there, or correct the path\n")
    assert (result.code, result.out) == (78, "")
