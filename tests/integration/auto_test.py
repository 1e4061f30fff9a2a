"""tool = "auto" goes by columns, decides once, and says what else it could have been; [[tool]] describes what we don't know."""
import pytest

from books import Books

ALEMBIC = "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)"
GOLANG_MIGRATE = {"sqlite": "CREATE TABLE schema_migrations (version uint64, dirty bool)",
                  "postgresql": "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)"}


@pytest.fixture
def books(database_url):
    return Books(database_url)


def check(schemalatch, url, require, config=None, **keys):
    env = {f"SCHEMALATCH_{key.upper()}": str(value) for key, value in keys.items()}
    arguments = ["--config", config] if config else ["--url", url, "--tool", "auto"]
    result = schemalatch.run("check", *arguments, *(["--require", require] if require else []), env=env)
    return result.code, result.out.removeprefix("database ").rstrip("\n"), result.err


def test_each_tool_is_found_by_its_table(schemalatch, books):
    books.create("django").django("shop.0001_initial")
    code, said, log = check(schemalatch, books.url, "shop.0001_initial")
    assert (code, said) == (0, "satisfied: at shop.0001_initial, needs shop.0001_initial, which is applied")
    assert 'tool "auto" has found django, by the columns of table "django_migrations"' in log
    books.execute("DROP TABLE django_migrations")
    books.create("flyway").flyway(("1", "SQL", True))
    assert check(schemalatch, books.url, "1")[0] == 0
    books.execute("DROP TABLE flyway_schema_history")
    books.execute(GOLANG_MIGRATE[books.kind])
    books.execute(f"INSERT INTO schema_migrations VALUES (7, {'0' if books.kind == 'sqlite' else 'false'})")
    assert check(schemalatch, books.url, "7")[0] == 0
    assert check(schemalatch, books.url, "8")[0] == 1


def test_neither_a_broken_view_nor_a_table_of_a_module_that_we_lack_hides_the_tools_table(schemalatch, tmp_path):
    books = Books(f"sqlite:///{tmp_path}/app.db").create("flyway").flyway(("1", "SQL", True))
    books.execute("CREATE TABLE gone (id int)")
    books.execute("CREATE VIEW broken AS SELECT id FROM gone")
    books.execute("DROP TABLE gone")
    books.execute("PRAGMA writable_schema = ON")
    books.execute("INSERT INTO sqlite_master VALUES ('table', 'lacking', 'lacking', 0, 'CREATE VIRTUAL TABLE lacking USING no_such_module(x)')")
    assert check(schemalatch, books.url, "1")[0] == 0


def test_names_in_sqlite_are_the_same_in_letters_of_any_size(schemalatch, tmp_path):
    books = Books(f"sqlite:///{tmp_path}/app.db")
    books.execute("CREATE TABLE Alembic_Version (VERSION_NUM varchar(32))")
    books.execute("INSERT INTO alembic_version VALUES ('a')")
    assert check(schemalatch, books.url, "a")[0] == 0


def test_a_database_without_any_tools_table_is_unmigrated_until_one_comes(schemalatch, books):
    books.execute("CREATE TABLE other (id int)")
    code, said, _ = check(schemalatch, books.url, "shop.0001_initial")
    assert code == 3
    assert said.startswith("unmigrated: no table of a migration tool in database ")
    sidecar = schemalatch.watch(books.url, "auto", "shop.0001_initial").wait_for_state("unmigrated")
    assert sidecar.dependency()["tool"] == "auto"
    books.create("django").django("shop.0001_initial")
    sidecar.wait_until_ready()
    assert sidecar.dependency()["tool"] == "django"


def test_a_table_of_the_name_with_other_columns_is_no_tools(schemalatch, books):
    books.execute("CREATE TABLE alembic_version (id int)")
    books.execute("CREATE TABLE schema_migrations (version varchar(20))")
    assert check(schemalatch, books.url, "7")[0] == 3


def test_several_tools_are_ambiguous_and_told_with_their_tables(schemalatch, books):
    books.execute(ALEMBIC)
    books.create("django")
    code, said, _ = check(schemalatch, books.url, "shop.0001_initial")
    place = "public." if books.kind == "postgresql" else ""
    assert (code, said) == (14, f"ambiguous: tables of several migration tools are here: {place}alembic_version (alembic), "
                                f"{place}django_migrations (django); set tool to the one that is meant")


def test_it_decides_once_and_keeps_to_it(schemalatch, books):
    books.create("django").django("shop.0001_initial")
    sidecar = schemalatch.watch(books.url, "auto", "shop.0001_initial").wait_until_ready()
    books.execute(ALEMBIC)
    sidecar.wait_for_looks(3)
    assert (sidecar.dependency()["state"], sidecar.dependency()["tool"]) == ("satisfied", "django")
    books.execute("DROP TABLE django_migrations")
    sidecar.wait_for(lambda it: it.readyz()[0] == 503, "503")
    assert 'no table "django_migrations"' in sidecar.readyz()[1]
    assert len([line for line in sidecar.log if "has found" in line]) == 1


def test_a_literal_that_is_none_of_the_found_tools_never_passes(schemalatch, books):
    books.create("django").django("shop.0001_initial")
    code, said, _ = check(schemalatch, books.url, "1")
    assert (code, said) == (14, 'unreadable: require: "1" names no migration of django; write app.name; for a baked file write @FILE')


def test_a_table_that_is_named_is_known_by_its_columns(schemalatch, books):
    books.execute(GOLANG_MIGRATE[books.kind].replace("schema_migrations", "house_versions"))
    books.execute(f"INSERT INTO house_versions VALUES (7, {'0' if books.kind == 'sqlite' else 'false'})")
    assert check(schemalatch, books.url, "7", table="house_versions")[0] == 0
    assert check(schemalatch, books.url, "7")[0] == 3


def test_the_same_table_in_two_visible_schemas_is_ambiguous(schemalatch, postgres):
    books = Books(postgres.create_database()).create("django").django("shop.0001_initial")
    books.execute("CREATE SCHEMA other")
    books.execute("CREATE TABLE other.django_migrations (LIKE public.django_migrations)")
    books.execute(f"ALTER DATABASE \"{books.url.rsplit('/', 1)[1]}\" SET search_path = public, other")
    code, said, _ = check(schemalatch, books.url, "shop.0001_initial")
    assert (code, said.split(":")[0]) == (14, "ambiguous")
    assert '"django_migrations" stands in 2 schemas of the search_path' in said
    assert check(schemalatch, books.url, "shop.0001_initial", schema="public")[0] == 0
    assert check(schemalatch, books.url, "shop.0001_initial", schema="other")[0] == 3
    assert check(schemalatch, books.url, "shop.0001_initial", schema="nowhere")[0] == 3


def test_a_role_without_rights_is_told_the_grant_of_the_tool_that_was_found(schemalatch, postgres):
    books = Books(postgres.create_database()).create("django").django("shop.0001_initial")
    name = books.url.rsplit("/", 1)[1]
    postgres.execute(name, f"CREATE ROLE auto_{name} LOGIN")
    code, said, _ = check(schemalatch, postgres.url(name, f"auto_{name}"), "shop.0001_initial")
    assert code == 6
    assert f'run: GRANT SELECT ON "public"."django_migrations" TO "auto_{name}"' in said


def hidden_flyway(postgres):
    """A history in a schema of the search_path that the role may not use; the database, its role, the URL as that role."""
    books = Books(postgres.create_database())
    name = books.url.rsplit("/", 1)[1]
    role = f"blind_{name}"
    postgres.execute(name, f"CREATE ROLE {role} LOGIN", "CREATE SCHEMA app", f"ALTER DATABASE {name} SET search_path = app, public")
    books = Books(books.url).create("flyway").flyway(("1", "SQL", True))
    return books, role, postgres.url(name, role)


def test_a_table_in_a_schema_that_the_role_may_not_use_is_denied_with_the_grant(schemalatch, postgres):
    books, role, url = hidden_flyway(postgres)
    code, said, _ = check(schemalatch, url, "1")
    grant = f'GRANT USAGE ON SCHEMA "app" TO "{role}"; GRANT SELECT ON "app"."flyway_schema_history" TO "{role}"'
    assert (code, f"denied: no right to use schema \"app\"" in said, said.endswith(f"run: {grant}")) == (6, True, True), said
    for statement in grant.split("; "):
        books.execute(statement)
    assert check(schemalatch, url, "1")[0] == 0


def test_another_tools_table_is_not_taken_in_place_of_one_that_the_role_may_not_see(schemalatch, postgres):
    books, role, url = hidden_flyway(postgres)
    books.execute("CREATE TABLE public.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)")
    books.execute("INSERT INTO public.schema_migrations VALUES (9, false)")
    books.execute(f"GRANT SELECT ON public.schema_migrations TO {role}")
    assert check(schemalatch, url, "3")[:2] == (
        14, "ambiguous: tables of migration tools are here: public.schema_migrations (golang-migrate), and "
            f'app.flyway_schema_history (flyway), in schemas of the search_path that role "{role}" may not use; '
            "set tool and schema to those that are meant")
    assert check(schemalatch, url, "3", schema="public")[0] == 0


def test_tables_of_several_tools_that_are_all_hidden_are_ambiguous(schemalatch, postgres):
    books, role, url = hidden_flyway(postgres)
    books.create("django")
    code, said, _ = check(schemalatch, url, "1")
    assert (code, "tables of several migration tools are here: app.django_migrations (django), app.flyway_schema_history (flyway)" in said) == (14, True)


def test_a_table_outside_of_the_search_path_is_told(schemalatch, postgres):
    books, role, url = hidden_flyway(postgres)
    books.execute(f"ALTER ROLE {role} SET search_path = public")
    code, said, _ = check(schemalatch, url, "1")
    assert (code, said.endswith("run the upgrade, or if app.flyway_schema_history (flyway) is meant, set schema")) == (3, True), said


# ---- [[tool]] -------------------------------------------------------------------------------------------------------

CREATE_HOUSE = "CREATE TABLE house_versions (id int, v varchar(20), broken boolean)"


def config(tmp_path, url, tool, require):
    path = tmp_path / "gate.toml"
    path.write_text(f'[[tool]]\nname = "house"\n{tool}\n[[dependency]]\nname = "database"\nurl = "{url}"\ntool = "house"\nrequire = "{require}"\n')
    return path


TABLE = 'table = "house_versions"\nid = "v"\ndirty = "broken"\nids = "dotted"'
# Broken rows are found by the query, and the newest word on a version counts.
QUERY = '''query = """SELECT v, CASE WHEN broken THEN 'dirty' ELSE 'clean' END FROM house_versions ORDER BY id -- in order"""\nids = "dotted"'''


@pytest.mark.parametrize("tool", [TABLE, QUERY], ids=["table", "query"])
def test_a_tool_of_ones_own_is_read_as_it_is_described(schemalatch, tmp_path, books, tool):
    def state(require):
        code, said, _ = check(schemalatch, books.url, None, config(tmp_path, books.url, tool, require))
        return code, said.split(":")[0]

    no, yes = ("0", "1") if books.kind == "sqlite" else ("false", "true")
    assert state("1") == (3, "unmigrated")
    books.execute(CREATE_HOUSE)
    assert state("1") == (3, "unmigrated")
    books.execute(f"INSERT INTO house_versions VALUES (1, '1', {no}), (2, '2.0', {no}), (3, '3', {yes})")
    assert state("2") == (0, "satisfied")
    assert state("3") == (4, "dirty")
    assert state("2.5") == (1, "behind")
    assert state("4") == (4, "dirty")


NO_SUCH_COLUMN = ['table = "house_versions"\nid = "nosuch"', 'query = """SELECT "nosuch", \'clean\' FROM house_versions"""']


@pytest.mark.parametrize("tool", NO_SUCH_COLUMN, ids=["table", "query"])
def test_a_column_that_is_not_there_is_not_taken_for_its_name(schemalatch, tmp_path, books, tool):
    books.execute(CREATE_HOUSE)
    books.execute("INSERT INTO house_versions VALUES (1, '1', NULL)")
    code, said, _ = check(schemalatch, books.url, None, config(tmp_path, books.url, tool, "nosuch"))
    assert (code, said.split(":")[0], "nosuch" in said) == (14, "unreadable", True), said


def test_a_view_with_strings_in_double_quotes_is_unreadable_and_an_index_with_them_does_no_harm(schemalatch, tmp_path):
    books = Books(f"sqlite:///{tmp_path}/app.db")
    books.execute("CREATE TABLE kept (v varchar(20), state varchar(20))")
    books.execute("INSERT INTO kept VALUES ('1', 'done')")
    books.execute('CREATE INDEX done_ones ON kept (v) WHERE state = "done"')
    tool = 'table = "house_versions"\nid = "v"'
    books.execute("CREATE VIEW house_versions AS SELECT v FROM kept WHERE state = 'done'")
    assert check(schemalatch, books.url, None, config(tmp_path, books.url, tool, "1"))[0] == 0
    books.execute("DROP VIEW house_versions")
    books.execute('CREATE VIEW house_versions AS SELECT v FROM kept WHERE state = "done"')
    code, said, _ = check(schemalatch, books.url, None, config(tmp_path, books.url, tool, "1"))
    assert (code, "no such column: done" in said) == (14, True), said


def test_a_query_gives_two_columns_and_may_name_its_table_twice(schemalatch, tmp_path, books):
    books.execute("CREATE TABLE house_versions (id int, v varchar(20))")
    books.execute("INSERT INTO house_versions VALUES (1, '1'), (2, '2')")
    twice = "table = 'house_versions'\nquery = \"SELECT v, 'clean' FROM {table} WHERE id = (SELECT max(id) FROM {table})\""
    assert check(schemalatch, books.url, None, config(tmp_path, books.url, twice, "2"))[0] == 0
    for columns in ("v", "v, 'clean', 3"):
        query = f"query = \"SELECT {columns} FROM house_versions\""
        code, said, _ = check(schemalatch, books.url, None, config(tmp_path, books.url, query, "2"))
        assert (code, "columns" in said) == (14, True)


def test_a_number_of_ones_own_is_compared_as_one(schemalatch, tmp_path, books):
    books.execute("CREATE TABLE house_version (n int)")
    books.execute("INSERT INTO house_version VALUES (41)")
    tool = 'table = "house_version"\nid = "n"\norder = "number"'
    assert check(schemalatch, books.url, None, config(tmp_path, books.url, tool, "41"))[0] == 0
    assert check(schemalatch, books.url, None, config(tmp_path, books.url, tool, "42"))[0] == 1


def test_a_query_may_name_the_table_that_the_rights_are_told_of(schemalatch, tmp_path, postgres):
    books = Books(postgres.create_database())
    books.execute("CREATE TABLE house_version (n int)")
    name = books.url.rsplit("/", 1)[1]
    postgres.execute(name, f"CREATE ROLE query_{name} LOGIN")
    url = postgres.url(name, f"query_{name}")
    with_table = "table = \"house_version\"\nquery = \"SELECT n, 'clean' FROM {table}\""
    code, said, _ = check(schemalatch, url, None, config(tmp_path, url, with_table, "1"))
    assert (code, f'GRANT SELECT ON "public"."house_version" TO "query_{name}"' in said) == (6, True), said
    without = "query = \"SELECT n, 'clean' FROM house_version\""
    code, said, _ = check(schemalatch, url, None, config(tmp_path, url, without, "1"))
    assert (code, f'grant role "query_{name}" what the query of house reads' in said) == (6, True), said


BAD_QUERIES = ["SELECT v FROM house_versions", "SELECT v, 'whatever' FROM house_versions", "SELECT v, broken FROM house_versions",
               "SELEKT", "SELECT v, 'clean' FROM house_versions) x; SELECT (1"]


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_query_that_gives_something_else_is_unreadable(schemalatch, tmp_path, books, query):
    books.execute(CREATE_HOUSE)
    books.execute("INSERT INTO house_versions VALUES (1, '1', NULL)")
    code, said, log = check(schemalatch, books.url, None, config(tmp_path, books.url, f'query = "{query}"', "1"))
    if ";" in query:
        assert (code, 'query: holds a ";"; give one SELECT, without it' in log) == (78, True)
    else:
        assert (code, said.split(":")[0]) == (14, "unreadable"), said
        assert "the query of house" in said


def test_auto_finds_a_tool_of_ones_own_too(schemalatch, tmp_path, books):
    books.execute(CREATE_HOUSE)
    books.execute("INSERT INTO house_versions VALUES (1, '1', NULL)")
    books.execute("UPDATE house_versions SET broken = id > 1")
    path = tmp_path / "gate.toml"
    path.write_text(f'[[tool]]\nname = "house"\n{TABLE}\n[[dependency]]\nurl = "{books.url}"\ntool = "auto"\nrequire = "1"\n')
    code, _, log = check(schemalatch, books.url, None, path)
    assert (code, "has found house" in log) == (0, True)


def test_a_baked_file_may_be_for_a_tool_of_ones_own(schemalatch, tmp_path, books):
    books.execute(CREATE_HOUSE)
    books.execute("INSERT INTO house_versions VALUES (1, '1', NULL), (2, '2', NULL)")
    books.execute("UPDATE house_versions SET broken = id > 9")
    path = config(tmp_path, books.url, TABLE, f"@{tmp_path}/required.json")
    listed = schemalatch.run("bake", "--config", path, "--tool", "house", "--from", "-", "--output", tmp_path / "required.json", input="2\n1\n")
    assert listed.code == 0, listed.err
    from_list = (tmp_path / "required.json").read_text()
    assert check(schemalatch, books.url, None, path)[0] == 0
    read = schemalatch.run("bake", "--config", path, "--tool", "house", "--from-database", "--output", tmp_path / "required.json")
    assert read.code == 0, read.err
    assert (tmp_path / "required.json").read_text() == from_list
    assert "house" in schemalatch.run("tools", "--config", path).out
    assert schemalatch.run("check", "--url", books.url, "--require", f"@{tmp_path}/required.json").code == 78
