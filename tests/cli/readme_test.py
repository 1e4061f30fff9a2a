"""The README's commands, run as they stand there, and their output as it is shown there."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from sidecar import clean_environment

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
AT = "27c6a30d7c24"  # where the README's example database stands


def blocks(language):
    """Fenced blocks of that language, with the indentation of their list item taken off."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", README, re.M | re.S)
    return ["\n".join(line[len(indent):] for line in text.splitlines()) for indent, text in found]


@pytest.fixture
def checkout(tmp_path):
    """A folder with the migrations of the quickstart and a database at AT, made by Debian's real Alembic."""
    shutil.copytree(ROOT / "examples/quickstart/migrations", tmp_path / "migrations")
    shutil.copy(ROOT / "examples/quickstart/alembic.ini", tmp_path)
    environment = {**clean_environment(), "DATABASE_URL": f"sqlite:///{tmp_path}/app.db"}
    subprocess.run(["/usr/bin/alembic", "upgrade", AT], cwd=tmp_path, env=environment, check=True, capture_output=True)
    return tmp_path


def test_the_commands_that_use_the_binary_work_as_shown(schemalatch, checkout):
    (checkout / "bin").mkdir()
    (checkout / "bin/schemalatch").symlink_to(schemalatch.binary)
    environment = {**clean_environment(), "PATH": f"{checkout}/bin:{os.environ['PATH']}"}
    outputs = {}
    for command in [block for block in blocks("sh") if block.startswith("schemalatch ")]:
        outputs[command.split()[1]] = subprocess.run(["sh", "-euc", command], cwd=checkout, env=environment, capture_output=True, text=True)
    assert outputs["bake"].returncode == 0, outputs["bake"].stderr
    assert outputs["check"].returncode == 1, outputs["check"].stderr
    assert outputs["check"].stdout.strip() in [block.strip() for block in blocks("text")]


def test_the_commands_that_build_and_test_are_there_and_can_be_run():
    for command in ("examples/quickstart/run.sh", "tests/run.sh", "tests/setup.sh"):
        assert command in "\n".join(blocks("sh"))
        assert os.access(ROOT / command, os.X_OK), command


def test_the_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
