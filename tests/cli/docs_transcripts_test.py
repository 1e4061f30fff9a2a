"""Commands and output of the pages about deploying, run against a real PostgreSQL whose roles docs/network.md made."""
import os
import pathlib
import subprocess

import pytest

import transcript
from postgres import PostgresServer, binaries

ROOT = transcript.ROOT
NETWORK = ROOT / "docs/network.md"
PAGES = sorted(page for page in ROOT.glob("docs/*.md") if transcript.blocks(page, "console"))


def psql(server, database, sql):
    done = subprocess.run([binaries() / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(server.port), "-U", "admin", database],
                          input=sql, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def server():
    """A server of this page's own, with the roles and the database of docs/network.md."""
    with PostgresServer() as fresh:
        for block in transcript.blocks(NETWORK, "sql"):
            psql(fresh, "postgres" if "CREATE DATABASE" in block else "orders", block)
        yield fresh


@pytest.fixture
def shell(schemalatch, server, tmp_path):
    transcript.project(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/schemalatch").symlink_to(pathlib.Path(schemalatch.binary).resolve())
    owner = f"postgresql://orders_owner@127.0.0.1:{server.port}/orders"
    opened = transcript.Shell(tmp_path, server.port, {
        "PATH": f"{tmp_path}/bin:{binaries()}:{os.environ['PATH']}", "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "admin",
        "PGDATABASE": "orders", "PAGER": "", "DATABASE_URL": owner, "SCHEMALATCH_URL": owner, "SCHEMALATCH_NAME": "orders",
        "SCHEMALATCH_REQUIRE": f"@{tmp_path}/schema/required.json", "PYTHONDONTWRITEBYTECODE": "1"})
    yield opened
    opened.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_the_page_print_what_it_shows(shell, page):
    played = transcript.play(page, shell)
    if os.environ.get("TRANSCRIPTS") == "write":
        return transcript.rewrite(page, played)
    for command, shown, seen in played:
        assert transcript.masked(seen) == transcript.masked(shown), f"{page.name}: {command}"
