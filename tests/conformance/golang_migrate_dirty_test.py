"""golang-migrate's dirty mark: what a run that failed, that was killed, and that still goes on leave behind."""
import json
import pathlib
import signal
import subprocess

import pytest

from books import Books
from tools.tool import BROKEN_PHRASE, RUN_LIMIT, fail_half_way

pytestmark = pytest.mark.tool("golang-migrate")

SLOW = 3  # seconds


@pytest.fixture
def images(judge, project):
    """What images at 1, 2 and 3 need."""
    return {step: judge.bake_files(project, *range(1, step + 1)) for step in (1, 2, 3)}


def verdicts(judge, project, url, images):
    return {step: judge.verdict(project, url, require) for step, require in images.items()}


def test_a_failed_migration_stays_dirty_until_it_is_forced(project, judge, database_url, images):
    project.up(database_url, 2).worked()
    project.fill(3, up=fail_half_way(3))
    project.up(database_url, 3).failed(BROKEN_PHRASE)
    project.fill(3)
    project.up(database_url, 3).failed("Dirty database version 3. Fix and force version.")
    assert verdicts(judge, project, database_url, images) == {
        1: "satisfied, failed 3", 2: "satisfied, failed 3", 3: "dirty, missing 3, failed 3"}
    assert "migrate force" in judge.reason(database_url, images[3])

    project.on(database_url, "force", 2).worked()
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "behind, missing 3"}
    project.on(database_url, "force", 3).worked()
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}


def test_a_way_down_that_fails_is_dirty_at_the_lower_number(project, judge, database_url, images):
    project.up(database_url, 3).worked()
    project.fill(3, down=[f"DROP TABLE {BROKEN_PHRASE}"])
    project.on(database_url, "down", 1).failed(BROKEN_PHRASE)
    assert verdicts(judge, project, database_url, images) == {
        1: "satisfied, failed 2", 2: "dirty, missing 2, failed 2", 3: "dirty, missing 2 3, failed 2"}


def test_the_last_way_down_that_fails_is_dirty_below_every_number(project, judge, database_url, images):
    project.up(database_url, 1).worked()
    project.fill(1, down=[f"DROP TABLE {BROKEN_PHRASE}"])
    project.on(database_url, "down", 1).failed(BROKEN_PHRASE)
    assert verdicts(judge, project, database_url, images) == {
        1: "dirty, missing 1, failed -1", 2: "dirty, missing 1 2, failed -1", 3: "dirty, missing 1 2 3, failed -1"}


def test_a_way_down_that_is_killed_half_way_is_running_as_long_as_its_backend_and_failed_after_it(
        project, judge, postgres, images, schemalatch, tool):
    url = postgres.create_database()
    project.up(url, 3).worked()
    old = schemalatch.watch(url, tool.name, images[2]).wait_until_ready()
    new = schemalatch.watch(url, tool.name, images[3]).wait_until_ready()
    project.fill(3, down=[f"SELECT pg_sleep({SLOW})", "DROP TABLE step_3"])
    process = start(project, url, "down", 1)
    new.wait_for_state("dirty")
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=RUN_LIMIT)

    told = {1: "satisfied, failed 2", 2: "dirty, missing 2, failed 2", 3: "dirty, missing 2 3, failed 2"}
    assert "running" in judge.reason(url, images[3])
    assert verdicts(judge, project, url, images) == told
    new.wait_for(lambda it: "failed" in it.dependency()["reason"], "the backend has ended")
    assert "failed" in judge.reason(url, images[3]) and "running" not in judge.reason(url, images[3])
    assert verdicts(judge, project, url, images) == told
    # Dirty at exactly what it needs: that is how the way down from the next migration looks.
    assert old.wait_for_looks(2).readyz() == (200, "ok\n")
    assert old.dependency()["held"]
    assert new.readyz()[0] == 503


def test_while_a_migration_runs_new_pods_are_told_so(project, judge, postgres, images, schemalatch, tool):
    url = postgres.create_database()
    project.up(url, 2).worked()
    project.fill(3, up=[f"SELECT pg_sleep({SLOW})", "CREATE TABLE step_3 (id INTEGER)"])
    old = schemalatch.watch(url, tool.name, images[2]).wait_until_ready()
    new = schemalatch.watch(url, tool.name, images[3]).wait_for_state("behind")
    process = start(project, url, "up")
    new.wait_for_state("dirty")
    assert "running" in new.dependency()["reason"]
    assert old.readyz() == (200, "ok\n")
    assert process.wait(timeout=RUN_LIMIT) == 0
    new.wait_until_ready()
    assert old.readyz() == (200, "ok\n")


def test_a_lower_number_that_was_merged_late_is_never_run_and_no_database_tells(project, judge, database_url):
    """docs/tools.md warns of it."""
    late = project.file(2)
    kept = late.read_text()
    late.unlink()
    project.up(database_url, 3).worked()
    late.write_text(kept)
    assert "no change" in project.on(database_url, "goto", 3).worked().said
    assert judge.verdict(project, database_url, judge.bake_files(project, 1, 2, 3)) == "satisfied"


def test_the_names_that_are_baked_are_those_that_the_tool_runs(project, judge, database_url):
    for number, name in enumerate(["5_plain.up.sql", "0006_zeros.up.sql", "7_two_words.up.sql", "8_with space.up.sql", "20240101120000_stamp.up.sql",
                                   "9.up.sql", "x_21.up.sql", "30240101120000_stamp.sql", "30240101120001_stamp.up"]):
        (project.folder / "migrations" / name).write_text(f"CREATE TABLE made_{number} (id INTEGER);")
    require = judge.bake_folders(project.folder / "migrations")
    (project.folder / "migrations" / "18446744073709551616_refused.up.sql").write_text("CREATE TABLE refused (id INTEGER);")
    assert judge.schemalatch.run("bake", "--tool", "golang-migrate", "--from", project.folder / "migrations").code == 78
    project.on(database_url, "up").worked()
    at = project.on(database_url, "version").worked().said.strip()
    baked = json.loads(pathlib.Path(require[1:]).read_text())
    assert baked["required"] == [at]
    made = {f"step_{step}" for step in (1, 2, 3, 4)} | {f"made_{number}" for number in range(5)}
    assert tables(database_url) - {"schema_migrations"} == made
    assert [item["id"] for item in baked["items"]] == ["1", "2", "3", "4", "5", "6", "7", "8", "20240101120000"]
    assert judge.verdict(project, database_url, require) == "satisfied"


def tables(url):
    cursor = Books(url).connection.cursor()
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'" if url.startswith("sqlite") else
                   "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {row[0] for row in cursor.fetchall()}


def start(project, url, *words):
    return subprocess.Popen([str(word) for word in (project.program(), *project.place(url), *words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
