"""Old pods beside an upgrade that commits step by step: with the lineage they know the revisions that their image does not."""
import sys
import time

import pytest

from alembic_project import AlembicProject
from upgrading import Runner

STEP = 2  # seconds
STEPS = 5

SLOW = """
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    op.execute("SELECT pg_sleep({seconds})")
    op.execute("CREATE TABLE t_{revision} (id INTEGER)")
"""

ENV_PY = """
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""


@pytest.fixture
def project(tmp_path):
    project = AlembicProject(tmp_path / "project")
    project.add("a")
    project.add("b", "a")
    return project


def upgrade_command(project, url):
    code = (f"from alembic import command; from alembic.config import Config; c = Config(); "
            f"c.set_main_option('script_location', {str(project.folder)!r}); c.set_main_option('sqlalchemy.url', {url!r}); command.upgrade(c, 'head')")
    return [sys.executable, "-c", code]


def test_old_pods_with_unknown_revision_fail_are_never_unready(schemalatch, postgres, project, tmp_path):
    url = postgres.create_database()
    old = schemalatch.bake("alembic", [project.image("old", "a", "b")], tmp_path / "old.json")
    assert Runner(schemalatch.binary, ["--url", url, "--require", old], upgrade_command(project, url)).end() == 0

    (project.folder / "env.py").write_text(ENV_PY)
    down = "b"
    for revision in "cdefg"[:STEPS]:
        (project.versions / f"{revision}_test.py").write_text(SLOW.format(revision=revision, down=down, seconds=STEP))
        down = revision
    new = schemalatch.bake("alembic", [project.versions], tmp_path / "new.json")

    def old_pod():
        return schemalatch.watch(url, "alembic", old, unknown_revision="fail", interval_ready="100ms").wait_until_ready()

    pods = [old_pod(), old_pod()]
    runner = Runner(schemalatch.binary, ["--url", url, "--require", new], upgrade_command(project, url))
    restarts, unready = 0, []
    while runner.process.poll() is None:
        until = time.monotonic() + 1
        while time.monotonic() < until:
            unready += [answer for answer in (pod.readyz() for pod in pods) if answer[0] != 200]
            time.sleep(0.02)
        pods[restarts % 2].kill()
        pods[restarts % 2] = old_pod()
        restarts += 1
    assert runner.end() == 0, runner.err
    assert unready == []
    assert restarts >= STEPS
    assert pods[0].dependency()["assumed"] is False
