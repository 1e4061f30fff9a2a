"""Flyway's history: failed rows, repair, baselines, late and repeatable migrations, and files that went away."""
import json
import pathlib
import subprocess

import pytest

from books import Books
from tools.tool import BROKEN_PHRASE, RUN_LIMIT, fail_half_way

pytestmark = pytest.mark.tool("flyway")

SLOW = 2  # seconds

# Only such a migration leaves a failed row on PostgreSQL: one outside of a transaction, and Flyway's own lock too.
OUTSIDE = {"postgresql.transactional.lock": "false"}


@pytest.fixture
def project(project):
    """The first three; the tests add what else there is."""
    project.file(4).unlink()
    return project


@pytest.fixture
def images(judge, project):
    """What images at 1, 2 and 3 need."""
    return {step: judge.bake_files(project, *range(1, step + 1)) for step in (1, 2, 3)}


def verdicts(judge, project, url, images):
    return {step: judge.verdict(project, url, require) for step, require in images.items()}


def rows(url):
    """What stands in the history."""
    cursor = Books(url).connection.cursor()
    cursor.execute("SELECT version, type, success FROM flyway_schema_history ORDER BY installed_rank")
    return [(version, kind, bool(success)) for version, kind, success in cursor.fetchall()]


def fail_outside_of_a_transaction(project, step):
    """A unique index on what is not unique, the usual way to come to a failed row."""
    project.write(f"V{step}__step_{step}.sql", ["CREATE UNIQUE INDEX CONCURRENTLY twice ON step_1 (id)"])
    (project.sql() / f"V{step}__step_{step}.sql.conf").write_text("executeInTransaction=false\n")


@pytest.fixture
def failed_at_3(project, postgres):
    url = postgres.create_database()
    project.up(url, 2).worked()
    Books(url).execute("INSERT INTO step_1 VALUES (1), (1)")
    fail_outside_of_a_transaction(project, 3)
    project.up(url, **OUTSIDE).failed("could not create unique index")
    assert rows(url)[-1] == ("3", "SQL", False)
    return url


def test_a_failed_row_concerns_those_who_need_it_until_repair_takes_it_away(project, judge, images, failed_at_3):
    assert verdicts(judge, project, failed_at_3, images) == {
        1: "satisfied, failed 3", 2: "satisfied, failed 3", 3: "dirty, missing 3, failed 3"}
    project.flyway("repair", failed_at_3).worked()
    assert verdicts(judge, project, failed_at_3, images) == {1: "satisfied", 2: "satisfied", 3: "behind, missing 3"}


def test_with_flyways_default_lock_a_failure_outside_of_a_transaction_leaves_no_row(project, judge, postgres, images):
    url = postgres.create_database()
    project.up(url, 2).worked()
    project.fill(3, up=fail_half_way(3))
    (project.sql() / f"{project.file(3).name}.conf").write_text("executeInTransaction=false\n")
    project.up(url).failed(BROKEN_PHRASE)
    assert rows(url) == [("1", "SQL", True), ("2", "SQL", True)]
    assert verdicts(judge, project, url, images) == {1: "satisfied", 2: "satisfied", 3: "behind, missing 3"}


@pytest.mark.parametrize("settings", [{}, OUTSIDE], ids=["transactional_lock", "session_lock"])
def test_while_flyway_runs_it_holds_the_lock_that_tells_running_from_failed(project, judge, postgres, images, schemalatch, tool, settings):
    url = postgres.create_database()
    project.up(url, 2).worked()
    project.fill(3, up=[f"SELECT pg_sleep({SLOW})"])
    sidecar = schemalatch.watch(url, tool.name, judge.bake_lines(["7"])).wait_for_state("behind")
    process = subprocess.Popen(project.words("migrate", url, **settings), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    sidecar.wait_for(lambda _: postgres_sleeps(url), "the migration is at work")
    # Beside a failed row Flyway would not even begin. So this one comes when it is under way, by hand.
    Books(url).execute("INSERT INTO flyway_schema_history VALUES (99, '7', 'x', 'SQL', 'x', NULL, 'x', now(), 1, false)")
    sidecar.wait_for(lambda it: "migration 7 is running" in it.dependency()["reason"], "running")
    assert process.wait(timeout=RUN_LIMIT) == 0
    sidecar.wait_for(lambda it: "migration 7 failed" in it.dependency()["reason"], "failed")


def postgres_sleeps(url):
    cursor = Books(url).connection.cursor()
    cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'")
    return cursor.fetchone()


def test_a_failed_row_above_what_is_needed_leaves_it_behind_not_dirty(project, judge, images, failed_at_3):
    project.write("V2_5__between.sql", ["CREATE TABLE between_2_and_3 (id INTEGER)"])
    between = judge.bake_lines(["1", "2", "2.5"])
    assert judge.verdict(project, failed_at_3, between) == "behind, missing 2.5, failed 3"


def test_repair_strikes_off_what_has_no_file_any_more(project, judge, database_url, images):
    project.up(database_url, 3).worked()
    project.file(2).unlink()
    project.flyway("repair", database_url).worked()
    assert rows(database_url)[-1] == ("2", "DELETE", True)
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "behind, missing 2", 3: "behind, missing 2"}
    # And Flyway means the same: with the file back it would run it again.
    project.fill(2)
    project.up(database_url, outOfOrder="true").failed("already exists")


def test_repair_by_an_older_image_leaves_a_newer_ones_migrations_alone(project, judge, database_url, images):
    project.up(database_url, 3).worked()
    project.file(3).unlink()
    project.flyway("repair", database_url).worked()
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}


def test_baseline_stands_for_all_below_it(project, judge, database_url, databases, images):
    Books(database_url).execute("CREATE TABLE made_by_hand (id INTEGER)")
    project.up(database_url).failed("non-empty schema")
    project.flyway("baseline", database_url, baselineVersion="2").worked()
    assert rows(database_url) == [("2", "BASELINE", True)]
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "behind, missing 3"}
    project.up(database_url).worked()
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}
    # Baked from either, a database with a baseline and one without suit each other.
    whole = databases(database_url.split(":")[0])[3]
    assert judge.verdict(project, whole, judge.bake_database(database_url)) == "satisfied"
    assert judge.verdict(project, database_url, judge.bake_database(whole)) == "satisfied"


def test_a_baseline_migration_stands_for_all_below_it_in_a_new_database(project, judge, database_url, images):
    project.write("B2__base.sql", ["CREATE TABLE base (id INTEGER)"])
    project.up(database_url, 2).worked()
    assert rows(database_url) == [("2", "SQL_BASELINE", True)]
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "behind, missing 3"}
    project.up(database_url).worked()
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}


def test_a_baseline_migration_is_passed_over_where_something_was_applied(project, judge, database_url, images, tmp_path):
    project.up(database_url, 2).worked()
    project.write("B2__base.sql", ["CREATE TABLE base (id INTEGER)"])
    project.up(database_url).worked()
    assert rows(database_url) == [("1", "SQL", True), ("2", "SQL", True), ("3", "SQL", True)]
    # The image whose old files went away for the baseline is as ready as the one that has them still.
    project.file(1).unlink()
    project.file(2).unlink()
    squashed = judge.bake_folders(project.sql())
    assert judge.verdict(project, database_url, squashed) == "satisfied"


def test_an_image_of_a_baseline_migration_alone_is_met_by_the_baseline(project, judge, database_url):
    project.write("B2__base.sql", ["CREATE TABLE base (id INTEGER)"])
    project.file(1).unlink()
    project.file(2).unlink()
    squashed = judge.bake_folders(project.sql())
    project.up(database_url, 2).worked()
    assert judge.verdict(project, database_url, squashed) == "behind, missing 3"
    project.up(database_url).worked()
    assert judge.verdict(project, database_url, squashed) == "satisfied"


def test_a_lower_version_that_was_merged_late_is_missed_until_it_runs_out_of_order(project, judge, database_url, images):
    late = project.file(2).read_text()
    project.file(2).unlink()
    project.up(database_url).worked()
    project.file(2).write_text(late)
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "behind, missing 2", 3: "behind, missing 2"}
    assert "flyway runs it only with outOfOrder=true" in judge.reason(database_url, images[3])
    project.up(database_url).failed("Detected resolved migration not applied to database: 2")
    project.up(database_url, outOfOrder="true").worked()
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}


def test_a_repeatable_is_met_by_any_successful_run_of_it(project, judge, database_url):
    project.write("R__refresh_views.sql", ["DROP VIEW IF EXISTS seen", "CREATE VIEW seen AS SELECT id FROM step_1"])
    require = judge.bake_folders(project.sql())
    project.up(database_url, 3).worked()
    assert rows(database_url)[-1] == (None, "SQL", True)  # so a target leaves no repeatable out
    assert judge.verdict(project, database_url, require) == "satisfied"
    assert judge.verdict(project, database_url, judge.bake_database(database_url)) == "satisfied"
    assert judge.verdict(project, database_url, judge.bake_lines(["1", "R__refresh_views"])) == "satisfied"
    assert judge.verdict(project, database_url, judge.bake_lines(["1", "R__other"])) == "behind, missing R__other"
    project.write("R__refresh_views.sql", ["DROP VIEW IF EXISTS seen", f"CREATE VIEW seen AS SELECT id FROM {BROKEN_PHRASE}", "SELECT * FROM seen"])
    project.up(database_url).failed(BROKEN_PHRASE)
    assert judge.verdict(project, database_url, require) == "satisfied"


VERSIONS = {  # a file, and another way to write its version
    "V5.0__dots.sql": "5", "V6__plain.sql": "6.0", "V007__zeros.sql": "7", "V8_1__under.sql": "8.1", "V8.10__ten.sql": "8.10.0",
    "V20240101120000__stamp.sql": "20240101120000.0", "V340282366920938463463374607431768211456__long.sql": "340282366920938463463374607431768211456"}


def test_versions_compare_as_flyway_compares_them(project, judge, database_url):
    for number, file in enumerate(VERSIONS):
        project.write(file, [f"CREATE TABLE made_{number} (id INTEGER)"])
    project.up(database_url).worked()
    assert [version for version, _, _ in rows(database_url)] == [
        "1", "2", "3", "5.0", "6", "007", "8.1", "8.10", "20240101120000", "340282366920938463463374607431768211456"]
    for require in (judge.bake_folders(project.sql()), judge.bake_lines(VERSIONS.values()), judge.bake_database(database_url)):
        assert judge.verdict(project, database_url, require) == "satisfied"
    assert judge.verdict(project, database_url, judge.bake_lines(["1", "8.9"])) == "behind, missing 8.9"


def test_the_history_in_a_schema_that_flyway_made_holds_a_row_that_counts_as_nothing(project, judge, postgres, images):
    url = postgres.create_database()
    project.up(url, 2, schemas="orders").worked()
    assert judge.schemalatch.run("check", "--url", url, "--require", images[2], env={"SCHEMALATCH_SCHEMA": "orders"}).code == 0
    result = judge.schemalatch.run("check", "--url", url, "--require", images[3], env={"SCHEMALATCH_SCHEMA": "orders"})
    assert (result.code, "missing: 3" in result.out) == (1, True), result.out


def test_undo_is_not_to_be_had_here_so_its_rows_are_written_by_hand(project, judge, database_url, images):
    """By hand as they are documented; that the community edition refuses to undo is why."""
    project.up(database_url, 3).worked()
    project.flyway("undo", database_url).failed("undo")
    books = Books(database_url).flyway(("3", "UNDO_SQL", True))
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "behind, missing 3"}
    books.flyway(("3", "SQL", True))
    assert verdicts(judge, project, database_url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}


def test_baseline_on_migrate_counts_as_a_baseline(project, judge, postgres, images):
    url = postgres.create_database()
    Books(url).execute("CREATE TABLE made_by_hand (id INTEGER)")
    project.up(url, baselineOnMigrate="true", baselineVersion="1").worked()
    assert rows(url) == [("1", "BASELINE", True), ("2", "SQL", True), ("3", "SQL", True)]
    assert verdicts(judge, project, url, images) == {1: "satisfied", 2: "satisfied", 3: "satisfied"}


READ = ["V1__one.sql", "V2__capitals.SQL", "V3.1__dots.sql", "V3_2__under.sql", "V04__zero.sql", "V5__two__marks.sql", "V6__.sql", "V7.sql",
        "V8__with space.sql", "below/V9__deeper.sql", "below/and/below/V10__deepest.sql", "R__views.sql", "R__more views_too.sql"]
PASSED_OVER = ["U1__undo.sql", "beforeMigrate.sql", "afterMigrate__why.sql", "V1__one.sql.conf", "notes.txt", "README.md",
               ".hidden/V30__no.sql", "V31__no.sql.bak"]


def test_the_names_that_are_baked_are_those_that_flyway_runs(project, judge, postgres):
    for step in 1, 2, 3:
        project.file(step).unlink()
    for number, name in enumerate(READ + PASSED_OVER):
        (project.sql() / name).parent.mkdir(parents=True, exist_ok=True)
        project.write(name, [] if name.endswith((".conf", ".md")) else [f"CREATE TABLE made_{number} (id INTEGER)"])
    require = judge.bake_folders(project.sql())
    url = postgres.create_database()
    project.up(url).worked()
    cursor = Books(url).connection.cursor()
    cursor.execute("SELECT coalesce(version, 'R__' || replace(description, ' ', '_')) FROM flyway_schema_history")
    ran = {row[0] for row in cursor.fetchall()}
    baked = json.loads(pathlib.Path(require[1:]).read_text())["required"]
    assert {id.replace(" ", "_") for id in baked} == ran
    assert judge.verdict(project, url, require) == "satisfied"


@pytest.mark.parametrize("name", ["V1_orders.sql", "v1__orders.sql"])
def test_a_name_that_bake_refuses_is_one_that_flyway_passes_over(project, judge, database_url, name):
    for step in 2, 3:
        project.file(step).unlink()
    project.file(1).rename(project.sql() / name)
    project.fill(2)
    project.up(database_url).worked()
    assert rows(database_url) == [("2", "SQL", True)]
    result = judge.schemalatch.run("bake", "--tool", "flyway", "--from", project.sql())
    assert (result.code, name in result.err) == (78, True), result.err
