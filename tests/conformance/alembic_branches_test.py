"""Alembic's graph: branches, merges, dependencies, late and rewritten history, by Alembic's own commands."""
import pytest

from books import Books
from tools.tool import BROKEN_PHRASE, fail_half_way

pytestmark = pytest.mark.tool("alembic")


@pytest.fixture(scope="session")
def empty(tool, tmp_path_factory):
    """What `alembic init` makes."""
    return tool.project(tmp_path_factory.mktemp("empty") / "project")


@pytest.fixture(scope="session")
def merge(empty, tmp_path_factory):
    """1, then 2 and 3 beside each other, merged by 4."""
    project = empty.copy(tmp_path_factory.mktemp("merge") / "project")
    project.add(1)
    project.add(2)
    project.add(3, after=[1])
    project.merge(4, 2, 3)
    return project


def both_ways(judge, project, *steps):
    return judge.bake_files(project, *steps), judge.bake_list(project, *steps)


def told(judge, project, url, requires):
    """The verdict that all of them give."""
    verdicts = {judge.verdict(project, url, require) for require in requires}
    assert len(verdicts) == 1, verdicts
    return verdicts.pop()


def heads_in(url):
    """The rows. `alembic current` adds what they imply."""
    cursor = Books(url).connection.cursor()
    cursor.execute("SELECT version_num FROM alembic_version ORDER BY version_num")
    return [row[0] for row in cursor.fetchall()]


def test_a_merge_is_met_when_both_branches_and_the_merge_itself_ran(merge, judge, database_url):
    branch, merged = both_ways(judge, merge, 1, 2), both_ways(judge, merge, 1, 2, 3, 4)
    merge.up(database_url, 1).worked()
    assert told(judge, merge, database_url, branch) == "behind, missing 2"
    assert told(judge, merge, database_url, merged) == "behind, missing 2 3 4"
    merge.up(database_url, 3).worked()
    assert told(judge, merge, database_url, merged) == "behind, missing 2 4"
    merge.up(database_url, 2).worked()
    assert told(judge, merge, database_url, branch) == "satisfied"
    assert told(judge, merge, database_url, merged) == "behind, missing 4"
    merge.up(database_url).worked()
    assert told(judge, merge, database_url, merged) == "satisfied"
    assert told(judge, merge, database_url, branch) == "satisfied (assumed)"
    assert judge.verdict(merge, database_url, judge.bake_database(database_url)) == "satisfied"


def test_a_downgrade_below_a_merge_brings_both_branches_back(merge, judge, database_url):
    branch, merged = both_ways(judge, merge, 1, 2), both_ways(judge, merge, 1, 2, 3, 4)
    merge.up(database_url).worked()
    merge.down(database_url, 2).worked()
    assert heads_in(database_url) == ["step2", "step3"]
    assert told(judge, merge, database_url, merged) == "behind, missing 4"
    assert told(judge, merge, database_url, branch) == "satisfied"
    merge.down(database_url, 1).worked()
    assert told(judge, merge, database_url, merged) == "behind, missing 2 3 4"
    assert told(judge, merge, database_url, branch) == "behind, missing 2"


def test_an_image_with_two_heads_needs_both(merge, judge, database_url):
    both = both_ways(judge, merge, 1, 2, 3)
    merge.up(database_url, 2).worked()
    assert told(judge, merge, database_url, both) == "behind, missing 3"
    merge.up(database_url, 3).worked()
    assert told(judge, merge, database_url, both) == "satisfied"
    assert judge.verdict(merge, database_url, judge.bake_database(database_url)) == "satisfied"


def test_the_other_branch_alone_is_no_newer_image(merge, judge, database_url):
    """An image that knows only 1 and 2 meets a database at 3: a head that it does not know, and not its own. It can only assume."""
    branch = judge.bake_files(merge, 1, 2)
    merge.up(database_url, 3).worked()
    assert judge.verdict(merge, database_url, branch) == "satisfied (assumed)"
    result = judge.schemalatch.run("check", "--url", database_url, "--require", branch, env={"SCHEMALATCH_UNKNOWN_REVISION": "fail"})
    assert result.code == 12


def test_what_a_revision_depends_on_counts_without_a_row_of_its_own(empty, judge, database_url, tmp_path):
    project = empty.copy(tmp_path / "project")
    project.add(1)
    project.add(2, after=[])
    project.add(3, after=[1], options=["--depends-on", "step2"])
    project.parents[3] = [1, 2]
    all_three = both_ways(judge, project, 1, 2, 3)
    project.up(database_url, 1).worked()
    project.up(database_url, 2).worked()
    assert heads_in(database_url) == ["step1", "step2"]
    assert told(judge, project, database_url, all_three) == "behind, missing 3"
    project.up(database_url, 3).worked()
    assert heads_in(database_url) == ["step3"]  # 2 has no row, since 3 implies it
    assert told(judge, project, database_url, all_three) == "satisfied"
    assert judge.verdict(project, database_url, judge.bake_files(project, 1, 2)) == "satisfied (assumed)"


def test_a_revision_that_was_put_in_late_below_the_head_is_never_run_and_no_database_tells(empty, judge, database_url, tmp_path):
    """Alembic keeps the head alone, so it has no way to know either."""
    project = empty.copy(tmp_path / "project")
    project.add(1)
    project.add(3, after=[1])
    project.up(database_url).worked()
    project.add(2, after=[1])
    project.file(3).write_text(project.file(3).read_text().replace("'step1'", "'step2'").replace("Revises: step1", "Revises: step2"))
    project.parents[3] = [2]
    assert "Running upgrade" not in project.up(database_url).worked().said
    assert told(judge, project, database_url, both_ways(judge, project, 1, 2, 3)) == "satisfied"


def test_history_that_was_squashed_is_met_once_it_is_stamped(empty, line, judge, database_url, tmp_path):
    old = judge.bake_files(line, 1, 2, 3)
    line.up(database_url, 3).worked()
    squashed = empty.copy(tmp_path / "project")
    squashed.add(9, after=[])
    new = judge.bake_files(squashed, 9)
    assert judge.verdict(line, database_url, new) == "satisfied (assumed)"  # step3 is in neither graph: it may be newer
    squashed.alembic("stamp", "--purge", "head", url=database_url).worked()
    assert judge.verdict(line, database_url, new) == "satisfied"
    assert judge.verdict(line, database_url, old) == "satisfied (assumed)"


def test_a_run_that_fails_takes_back_what_ran_before_it_on_postgres_only(project, judge, database_url):
    """On SQLite each migration is recorded by itself; on PostgreSQL all of a run stand or fall together."""
    images = [judge.bake_files(project, *range(1, step + 1)) for step in (1, 2, 3)]
    project.up(database_url, 1).worked()
    project.fill(3, up=fail_half_way(3))
    project.up(database_url, 3).failed(BROKEN_PHRASE)
    at_2 = "satisfied" if database_url.startswith("sqlite") else "behind, missing 2"
    at_3 = "behind, missing 3" if database_url.startswith("sqlite") else "behind, missing 2 3"
    first = "satisfied (assumed)" if database_url.startswith("sqlite") else "satisfied"
    assert [judge.verdict(project, database_url, image) for image in images] == [first, at_2, at_3]


def test_a_migration_for_each_transaction_keeps_what_ran_before_the_failure(project, judge, postgres):
    url = postgres.create_database()
    image = judge.bake_files(project, 1, 2)
    env = project.folder / "migrations" / "env.py"
    env.write_text(env.read_text().replace("connection=connection, ", "connection=connection, transaction_per_migration=True, "))
    assert "transaction_per_migration" in env.read_text()
    project.fill(3, up=fail_half_way(3))
    project.up(url, 3).failed(BROKEN_PHRASE)
    assert judge.verdict(project, url, image) == "satisfied"
