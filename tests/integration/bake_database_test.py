"""What a database has as what an image needs: bake --from-database, and the same migrations as a list."""
import json

import pytest

from books import WHEN, Books
from standby import Standby


@pytest.fixture
def books(database_url):
    return Books(database_url)


def bake(schemalatch, url, tool, *more, **options):
    return schemalatch.run("bake", "--tool", tool, "--from-database", "--url", url, *more, **options)


def written(result):
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_a_set_requires_all_that_is_applied_in_the_order_in_which_it_was(schemalatch, books):
    books.create("django").django("auth.0001_initial", "shop.0001_initial", "auth.0002_more")
    assert written(bake(schemalatch, books.url, "django")) == {
        "format": 1, "tool": "django", "required": ["auth.0001_initial", "shop.0001_initial", "auth.0002_more"]}


def test_flyways_repeatables_are_required_and_what_was_undone_is_not(schemalatch, books):
    books.create("flyway").flyway((None, "SCHEMA", True), ("2", "BASELINE", True), ("3.0", "SQL", True), ("4", "SQL", True), ("4", "UNDO_SQL", True),
                                  (None, "SQL", True, "my views"))
    assert written(bake(schemalatch, books.url, "flyway")) == {
        "format": 1, "tool": "flyway", "required": ["2", "3.0", "R__my_views"], "items": [{"id": "2", "baseline": True}]}


@pytest.mark.parametrize("events, code", [([("2", "SQL", True), ("3", "SQL", True)], 0), ([("1", "SQL", True), ("2", "SQL", True), ("3", "SQL", True)], 0),
                                          ([("1", "BASELINE", True), ("2", "SQL", True)], 1), ([("3", "SQL", True)], 1)])
def test_a_baseline_of_the_database_that_was_baked_is_asked_of_no_other(schemalatch, postgres, tmp_path, books, events, code):
    books.create("flyway").flyway(("1", "BASELINE", True), ("2", "SQL", True), ("3", "SQL", True))
    output = tmp_path / "required.json"
    assert bake(schemalatch, books.url, "flyway", "--output", output).code == 0
    other = Books(postgres.create_database()).create("flyway").flyway(*events)
    check = schemalatch.run("check", "--url", other.url, "--require", f"@{output}")
    assert check.code == code, check.out
    assert "missing: 1" not in check.out


@pytest.mark.parametrize("tool", ["django", "alembic"])
def test_an_id_that_no_file_can_hold_is_refused_and_named_escaped(schemalatch, tmp_path, tool):
    books = Books(f"sqlite:///{tmp_path}/app.db")
    if tool == "django":
        books.create("django").django("shop.0001_initial")
        books.execute(f"INSERT INTO django_migrations (app, name, applied) VALUES ('shop', CAST(x'ff41' AS TEXT), '{WHEN}')")
    else:
        books.execute("CREATE TABLE alembic_version (version_num varchar(32))")
        books.execute("INSERT INTO alembic_version VALUES (CAST(x'ff41' AS TEXT))")
    result = bake(schemalatch, books.url, tool, "--output", tmp_path / "required.json")
    assert (result.code, (tmp_path / "required.json").exists()) == (14, False)
    assert f'a migration "{"shop." if tool == "django" else ""}\\xffA", whose name does not print' in result.err, result.err


def test_the_tool_may_be_found(schemalatch, books):
    books.create("flyway").flyway(("1", "SQL", True))
    assert written(bake(schemalatch, books.url, "auto"))["tool"] == "flyway"


def test_a_number_is_required_as_it_stands(schemalatch, books):
    books.execute({"sqlite": "CREATE TABLE schema_migrations (version uint64, dirty bool)",
                   "postgresql": "CREATE TABLE schema_migrations (version bigint, dirty boolean)"}[books.kind])
    books.execute(f"INSERT INTO schema_migrations VALUES (42, {'0' if books.kind == 'sqlite' else 'false'})")
    assert written(bake(schemalatch, books.url, "golang-migrate"))["required"] == ["42"]
    books.execute(f"UPDATE schema_migrations SET dirty = {'1' if books.kind == 'sqlite' else 'true'}")
    result = bake(schemalatch, books.url, "golang-migrate")
    assert (result.code, result.out) == (4, "")
    assert "migrations that failed or are running: 42; bake from one where all have ended well" in result.err


@pytest.mark.parametrize("mark, judged, baked", [("clean", 0, 0), ("dirty", 4, 4), ("half_undone", 4, 4), ("undone", 14, 14), ("deleted", 14, 14),
                                                 ("baseline", 14, 14)])
def test_a_number_counts_only_where_its_mark_tells_that_the_schema_is_there(schemalatch, tmp_path, books, mark, judged, baked):
    books.execute("CREATE TABLE whatever (id int)")
    path = tmp_path / "gate.toml"
    path.write_text(f"""[[tool]]\nname = "house"\norder = "number"\nquery = "SELECT 7, '{mark}'"\n"""
                    f"""[[dependency]]\nname = "database"\nurl = "{books.url}"\ntool = "house"\nrequire = "7"\n""")
    check = schemalatch.run("check", "--config", path)
    assert check.code == judged, check.out
    bake = schemalatch.run("bake", "--config", path, "--tool", "house", "--from-database")
    assert bake.code == baked, bake.err
    if judged == 14:
        assert f"the query of house marks 7 as {mark}, which does not tell where the schema is" in check.out and check.out.count("\n") == 1
        assert f"the query of house marks 7 as {mark}" in bake.err


def test_heads_without_ancestry_are_warned_of(schemalatch, books):
    books.execute("CREATE TABLE alembic_version (version_num varchar(32))")
    books.execute("INSERT INTO alembic_version VALUES ('b'), ('a')")
    result = bake(schemalatch, books.url, "alembic")
    assert written(result)["required"] == ["a", "b"]
    assert "carries no ancestry" in result.err


REFUSED = [
    ([("1", "SQL", True), ("2", "SQL", False)], 4, "migrations that failed or are running: 2"),
    ([(None, "SCHEMA", True)], 3, "records nothing applied"),
    ([("1", "SQL", True), ("1", "UNDO_SQL", True)], 3, "records nothing applied"),
    ([("one", "SQL", True)], 14, '"one" is no version of flyway'),
]


@pytest.mark.parametrize("events, code, said", REFUSED)
def test_a_database_that_is_nothing_to_go_by_is_refused(schemalatch, books, tmp_path, events, code, said):
    books.create("flyway").flyway(*events)
    result = bake(schemalatch, books.url, "flyway", "--output", tmp_path / "required.json")
    assert (result.code, result.out, (tmp_path / "required.json").exists()) == (code, "", False)
    assert said in result.err


def test_a_database_without_the_table_or_a_right_is_refused(schemalatch, books, postgres):
    if books.kind == "sqlite":
        books.execute("CREATE TABLE other (id int)")
    assert bake(schemalatch, books.url, "django").code == 3
    if books.kind == "sqlite":
        assert bake(schemalatch, "sqlite:////nowhere/app.db", "django").code == 5
        return
    books.create("django").django("a.1")
    name = books.url.rsplit("/", 1)[1]
    postgres.execute(name, f"CREATE ROLE bake_{name} LOGIN")
    result = bake(schemalatch, postgres.url(name, f"bake_{name}"), "django")
    assert (result.code, "GRANT SELECT" in result.err) == (6, True)


def test_a_standby_is_refused(schemalatch, postgres):
    books = Books(postgres.create_database()).create("django").django("a.1")
    name = books.url.rsplit("/", 1)[1]
    with Standby(postgres) as standby:
        result = bake(schemalatch, standby.url(name), "django")
        assert (result.code, "only a standby answers, which may lag; bake from the primary" in result.err) == (5, True)


def test_what_is_left_out_is_recorded_and_told(schemalatch, books, tmp_path):
    books.create("flyway").flyway(("1", "SQL", True), ("2", "SQL", True), ("3", "SQL", True), (None, "SQL", True, "slow"), (None, "SQL", True, "views"))
    output = tmp_path / "required.json"
    result = bake(schemalatch, books.url, "flyway", "--upto", "2.0", "--exclude", "R__s*", "--output", output)
    assert result.code == 0, result.err
    file = json.loads(output.read_text())
    assert (file["required"], file["upto"], file["exclude"]) == (["1", "2", "R__views"], "2.0", ["R__s*"])
    sidecar = schemalatch.watch(books.url, "flyway", f"@{output}").wait_until_ready()
    told = sidecar.dependency()["requirement"]
    assert (told["upto"], told["exclude"]) == ("2.0", ["R__s*"])
    status = schemalatch.run("status", "--via", f"http://127.0.0.1:{sidecar.port}")
    assert "up to 2.0, without R__s*" in status.out


def test_what_leaves_nothing_or_names_nothing_is_told(schemalatch, books):
    books.create("flyway").flyway(("1", "SQL", True), ("2", "SQL", True))
    for more, said in ((["--upto", "3"], '--upto "3" is none of the 2 migrations'), (["--exclude", "*"], "nothing is left to require")):
        result = bake(schemalatch, books.url, "flyway", *more)
        assert (result.code, result.out, said in result.err) == (78, "", True), result.err
    result = bake(schemalatch, books.url, "flyway", "--exclude", "R__*")
    assert (result.code, 'warning: --exclude "R__*" names no migration' in result.err) == (0, True)


def test_a_list_and_the_database_give_the_same_requirement(schemalatch, books):
    ids = ["auth.0001_initial", "shop.0001_initial", "shop.0002_more"]
    books.create("django").django(*ids)
    listed = schemalatch.run("bake", "--tool", "django", "--from", "-", input="\n".join(ids) + "\n")
    assert listed.out == bake(schemalatch, books.url, "django").out


def test_several_dependencies_and_none_named_is_wrong_usage(schemalatch, tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text("".join(f'[[dependency]]\nname = "{name}"\nurl = "sqlite:////nowhere/{name}.db"\ntool = "django"\nrequire = "a.b"\n' for name in "ab"))
    result = schemalatch.run("bake", "--config", path, "--tool", "django", "--from-database")
    assert (result.code, "name one with --dependency" in result.err) == (64, True)
    assert schemalatch.run("bake", "--config", path, "--tool", "django", "--from-database", "--dependency", "b").code == 5
