"""Real `alembic upgrade head` from several starters at once, which without a lock ends in a UniqueViolation."""
import sys

import pytest

from alembic_project import AlembicProject
from shards import instants
from upgrading import Runner, outcomes



@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = AlembicProject(tmp_path_factory.mktemp("alembic") / "project")
    project.add("a")
    project.add("b", "a")
    (project.folder / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    return project


@pytest.mark.parametrize("round", instants(50))
def test_four_starters_migrate_once(schemalatch, postgres, project, tmp_path, round):
    url = postgres.create_database()
    baked = schemalatch.bake("alembic", [project.versions], tmp_path / "required.json")
    code = (f"from alembic import command; from alembic.config import Config; c = Config({str(project.folder / 'alembic.ini')!r}); "
            f"c.set_main_option('script_location', {str(project.folder)!r}); c.set_main_option('sqlalchemy.url', {url!r}); command.upgrade(c, 'head')")
    runners = [Runner(schemalatch.binary, ["--url", url, "--require", baked], [sys.executable, "-c", code]) for _ in range(4)]
    assert [runner.end(60) for runner in runners] == [0] * 4, [runner.err for runner in runners]
    assert not any("UniqueViolation" in runner.err for runner in runners)
    assert outcomes(postgres, url) == [("succeeded", 0)]
