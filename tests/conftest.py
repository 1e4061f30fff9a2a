"""Fixtures for the tests that run the real binary: tests/support holds what they are made of."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "support"))

from alembic_project import AlembicProject  # noqa: E402
from postgres import PostgresServer  # noqa: E402
from sidecar import Schemalatch  # noqa: E402


@pytest.fixture(scope="session")
def schemalatch():
    """The binary under test; ends whatever it started."""
    binary = Schemalatch(os.environ["SCHEMALATCH_BINARY"])
    yield binary
    binary.stop_all()


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of our own."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request, tmp_path):
    """An empty database, once in SQLite and once in PostgreSQL, as SQLAlchemy and we both take it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/app.db"
    return request.getfixturevalue("postgres").create_database()


@pytest.fixture
def project(tmp_path):
    return AlembicProject(tmp_path / "project")
