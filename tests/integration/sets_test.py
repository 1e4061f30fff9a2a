"""Tools that keep every migration, on tables as Django and Flyway make them, in PostgreSQL and SQLite."""
import json

import pytest

from books import WHEN, Books

DJANGO = ("auth.0001_initial", "shop.0001_initial", "shop.0002_price")


@pytest.fixture
def books(database_url):
    return Books(database_url)


def baked(tmp_path, tool, required, items=None, name="required.json"):
    path = tmp_path / name
    path.write_text(json.dumps({"format": 1, "tool": tool, "required": required, **({"items": items} if items else {})}))
    return f"@{path}"


def check(schemalatch, books, require, tool=None, **keys):
    env = {f"SCHEMALATCH_{key.upper()}": str(value) for key, value in keys.items()}
    result = schemalatch.run("check", "--url", books.url, *(["--tool", tool] if tool else []), "--require", require, env=env)
    return result.code, result.out.removeprefix("database ").rstrip("\n")


# ---- Django ---------------------------------------------------------------------------------------------------------


def test_every_migration_of_every_app_must_be_there(schemalatch, tmp_path, books):
    books.create("django").django(*DJANGO)
    assert check(schemalatch, books, baked(tmp_path, "django", DJANGO)) == (
        0, "satisfied: at shop.0002_price, needs 3 migrations, all of them applied")
    assert check(schemalatch, books, baked(tmp_path, "django", [*DJANGO, "shop.0003_tax"])) == (
        1, "behind: at shop.0002_price, needs 4 migrations (1 missing: shop.0003_tax); run the upgrade")


def test_an_old_pod_stays_when_the_database_moves_on_and_comes_back_out_after_an_undo(schemalatch, tmp_path, books):
    books.create("django").django(*DJANGO)
    old = schemalatch.watch(books.url, "django", baked(tmp_path, "django", DJANGO)).wait_until_ready()
    new = schemalatch.watch(books.url, "django", baked(tmp_path, "django", [*DJANGO, "shop.0003_tax"], name="new.json")).wait_for_state("behind")
    books.django("shop.0003_tax")
    new.wait_until_ready()
    assert old.wait_for_looks(2).readyz() == (200, "ok\n")
    books.execute("DELETE FROM django_migrations WHERE name = '0003_tax'")
    new.wait_for(lambda it: it.readyz()[0] == 503, "503")
    assert old.wait_for_looks(2).readyz() == (200, "ok\n")


def test_a_squash_is_met_before_and_after_what_it_replaces_is_gone(schemalatch, tmp_path, books):
    squash = {"id": "shop.0001_squashed_0002", "replaces": ["shop.0001_initial", "shop.0002_price"]}
    with_replaced = baked(tmp_path, "django", ["auth.0001_initial", squash["id"]], [squash])
    books.create("django").django("auth.0001_initial", "shop.0001_initial")
    code, reason = check(schemalatch, books, with_replaced)
    assert (code, "shop.0002_price, which shop.0001_squashed_0002 replaces" in reason) == (1, True)
    books.django("shop.0002_price")
    assert check(schemalatch, books, with_replaced)[0] == 0
    books.django(squash["id"])
    assert check(schemalatch, books, with_replaced)[0] == 0
    books.execute("DELETE FROM django_migrations WHERE name IN ('0001_initial', '0002_price') AND app = 'shop'")
    assert check(schemalatch, books, with_replaced)[0] == 0


# ---- Flyway ---------------------------------------------------------------------------------------------------------

HISTORIES = [
    # events, required, code, state
    ([("1", "SQL", True), ("2", "SQL", True)], ["1", "2"], 0, "satisfied"),
    ([("1", "SQL", True), ("2", "SQL", True)], ["1.0", "02"], 0, "satisfied"),
    ([("1", "SQL", True)], ["1", "2"], 1, "behind"),
    ([("1", "SQL", True), ("3", "SQL", True)], ["1", "2", "3"], 1, "behind"),
    ([("1", "SQL", True), ("2", "SQL", False)], ["1"], 0, "satisfied"),
    ([("1", "SQL", True), ("2", "SQL", False)], ["1", "2"], 4, "dirty"),
    ([("1", "SQL", True), ("2", "SQL", False)], ["1", "3"], 4, "dirty"),
    ([("1", "SQL", True), ("4", "SQL", False)], ["1", "3"], 1, "behind"),
    ([(None, "SCHEMA", True), ("1", "SQL", True)], ["1"], 0, "satisfied"),
    ([(None, "SCHEMA", True)], ["1"], 3, "unmigrated"),
    ([("5", "BASELINE", True), ("6", "JDBC", True)], ["1", "2", "5", "6"], 0, "satisfied"),
    ([("5", "BASELINE", True)], ["1", "6"], 1, "behind"),
    ([("5", "SQL_BASELINE", True)], ["3"], 0, "satisfied"),
    ([("5", "SQL_BASELINE", False)], ["3"], 1, "behind"),
    ([("5", "BASELINE", True), ("5", "UNDO_SQL", True)], ["5"], 3, "unmigrated"),
    ([("5", "BASELINE", True), ("6", "SQL", True), ("5", "DELETE", True)], ["3"], 1, "behind"),
    ([("7", "BASELINE", True), ("5", "UNDO_SQL", True)], ["5"], 1, "behind"),
    ([("1", "SQL", True), ("2", "undo_sql", True)], ["1"], 14, "unreadable"),
    ([("1", "SQL", True), ("2", "NONSENSE", True)], ["1"], 14, "unreadable"),
    ([("1", "SQL", True), ("R__a_b", "SQL", True)], ["1"], 14, "unreadable"),
    ([("1", "SQL", True), ("2", "SQL", True), ("2", "UNDO_SQL", True)], ["1", "2"], 1, "behind"),
    ([("1", "SQL", True), ("2", "SQL", True), ("2", "UNDO_SQL", True), ("2", "SQL", True)], ["1", "2"], 0, "satisfied"),
    ([("1", "SQL", True), ("2", "SQL", True), ("2", "UNDO_SQL", False)], ["1", "2"], 4, "dirty"),
    ([("1", "SQL", True), ("2", "SQL", True), ("2", "UNDO_SQL", False)], ["1"], 0, "satisfied"),
    ([("1", "SQL", True), ("2", "SQL", True), ("2", "DELETE", True)], ["2"], 1, "behind"),
    ([("1", "SQL", True), (None, "SQL", True, "refresh views")], ["1", "R__refresh_views"], 0, "satisfied"),
    ([("1", "SQL", True), (None, "SQL", True, "refresh views"), (None, "SQL", False, "refresh views")], ["R__refresh_views"], 0, "satisfied"),
    ([("1", "SQL", True), (None, "SQL", False, "refresh views")], ["R__refresh_views"], 4, "dirty"),
    ([("1", "SQL", True), (None, "SQL", True, "other")], ["1", "R__refresh_views"], 1, "behind"),
    ([("20240101120000", "SQL", True), ("340282366920938463463374607431768211456", "SQL", True)], ["340282366920938463463374607431768211456.0"], 0, "satisfied"),
    ([("1", "SQL", True), ("one", "SQL", True)], ["1"], 14, "unreadable"),
]


@pytest.mark.parametrize("events, required, code, state", HISTORIES)
def test_a_history_is_folded_as_flyway_folds_it(schemalatch, tmp_path, books, events, required, code, state):
    books.create("flyway").flyway(*events)
    seen, reason = check(schemalatch, books, baked(tmp_path, "flyway", required))
    assert (seen, reason.split(":")[0]) == (code, state), reason


def test_a_baseline_migration_that_flyway_passes_over_is_not_missed(schemalatch, tmp_path, books):
    folder = tmp_path / "migration"
    folder.mkdir()
    for name in ("B5__base.sql", "V6__more.sql"):
        (folder / name).write_text("SELECT 1;")
    output = tmp_path / "required.json"
    assert schemalatch.run("bake", "--tool", "flyway", "--from", folder, "--output", output).code == 0
    books.create("flyway").flyway(("1", "SQL", True), ("4", "SQL", True))
    code, reason = check(schemalatch, books, f"@{output}")
    assert (code, "2 missing: 5, 6" in reason) == (1, True), reason
    books.flyway(("6", "SQL", True))
    assert check(schemalatch, books, f"@{output}")[0] == 0


def test_a_version_that_was_merged_late_says_what_flyway_does_about_it(schemalatch, tmp_path, books):
    books.create("flyway").flyway(("1", "SQL", True), ("3", "SQL", True))
    assert "2 stands below 3, which is applied: flyway runs it only with outOfOrder=true" in check(
        schemalatch, books, baked(tmp_path, "flyway", ["1", "2", "3"]))[1]


def java_hash(text):
    value = 0
    for unit in text.encode("utf-16-be")[::2], text.encode("utf-16-be")[1::2]:
        assert len(unit) == len(text)  # no surrogates here
    for character in text:
        value = (value * 31 + ord(character)) % 2**32
    return value - 2**32 if value >= 2**31 else value


def test_on_postgres_flyways_own_lock_tells_running_from_failed(schemalatch, postgres, tmp_path):
    books = Books(postgres.create_database()).create("flyway").flyway(("1", "SQL", True), ("2", "SQL", False))
    require = baked(tmp_path, "flyway", ["1", "2"])
    assert "migration 2 failed, needs" in check(schemalatch, books, require)[1]
    key = 77431708279161 + java_hash('"public"."flyway_schema_history"')
    assert key == 77433833903597
    books.execute(f"SELECT pg_advisory_lock({key})")
    assert "migration 2 is running, needs" in check(schemalatch, books, require)[1]


@pytest.mark.parametrize("rank, value", [("text", "1"), ("int", None)])
def test_a_history_whose_rows_have_no_number_is_none_of_flyways(schemalatch, tmp_path, books, rank, value):
    books.execute(f"CREATE TABLE flyway_schema_history (installed_rank {rank}, version text, description text, type text, script text, "
                  "checksum int, installed_by text, installed_on text, execution_time int, success boolean)")
    books.execute("INSERT INTO flyway_schema_history VALUES (?, '1', 'x', 'SQL', 's', 1, 'x', 'x', 1, ?)", (value, True))
    code, reason = check(schemalatch, books, baked(tmp_path, "flyway", ["1"]))
    assert (code, reason.split(":")[0]) == (14, "unreadable")


# ---- Whatever else may stand there ----------------------------------------------------------------------------------

HOSTILE = ["0001_it's", '0001_"quoted"', "0001_; DROP TABLE django_migrations; --", "0001_\\", "0001_$$", "0001_%s", "0001_{table}", "0001_ünïcode",
           "0001_<b>&amp;", "0001_\u202etxet"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_of_any_characters_is_compared_as_it_is(schemalatch, tmp_path, books, name):
    books.create("django").django("shop.0001_initial", f"shop.{name}")
    assert check(schemalatch, books, baked(tmp_path, "django", ["shop.0001_initial", f"shop.{name}"]))[0] == 0
    code, reason = check(schemalatch, books, baked(tmp_path, "django", [f"shop.{name}x"]))
    assert code == 1
    assert "\u202e" not in reason


@pytest.mark.parametrize("name", ["0001_\n[31m", "0001_\x1b[31mred", "\x7f", "0001_\r"])
def test_control_characters_are_no_name_and_reach_no_terminal(schemalatch, tmp_path, books, name):
    books.create("django").django("shop.0001_initial", f"shop.{name}")
    code, reason = check(schemalatch, books, baked(tmp_path, "django", ["shop.0001_initial"]))
    assert code == 14
    assert "holds a version with control characters" in reason
    assert not any(ord(character) < 32 for character in reason)


def test_a_name_does_not_end_at_a_nul_byte(schemalatch, tmp_path):
    books = Books(f"sqlite:///{tmp_path}/app.db").create("django").django("shop.0001_initial\0_and_more")
    code, reason = check(schemalatch, books, baked(tmp_path, "django", ["shop.0001_initial"]))
    assert (code, "holds a version with control characters" in reason) == (14, True)


def test_a_table_must_have_also_those_of_its_tools_columns_that_are_not_read(schemalatch, books):
    books.execute("CREATE TABLE django_migrations (id int, app varchar(255), name varchar(255))")
    books.execute("INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial')")
    code, reason = check(schemalatch, books, "shop.0001_initial", tool="django")
    assert (code, "applied" in reason, "no" in reason) == (14, True, True)


def test_bytes_that_are_not_utf8_are_shown_escaped(schemalatch, tmp_path):
    books = Books(f"sqlite:///{tmp_path}/app.db").create("django").django("shop.0001_initial")
    books.execute(f"INSERT INTO django_migrations (app, name, applied) VALUES ('shop', CAST(x'ff41' AS TEXT), '{WHEN}')")
    assert check(schemalatch, books, baked(tmp_path, "django", ["shop.0001_initial"])) == (
        0, "satisfied: at shop.\\xffA, needs shop.0001_initial, which is applied")
    sidecar = schemalatch.watch(books.url, "django", baked(tmp_path, "django", ["shop.0001_initial"])).wait_until_ready()
    assert sidecar.dependency()["current"] == ["shop.\ufffdA", "shop.0001_initial"]


NULLS = {
    "django": ["INSERT INTO django_migrations (app, name, applied) VALUES (NULL, 'x', '2026-11-26')"],
    "flyway": ["INSERT INTO flyway_schema_history (installed_rank, version, description, type, success) VALUES (9, NULL, NULL, 'SQL', {true})",
               "INSERT INTO flyway_schema_history (installed_rank, version, description, type, success) VALUES (9, '9', 'x', NULL, {true})",
               "INSERT INTO flyway_schema_history (installed_rank, version, description, type, success) VALUES (9, '9', 'x', 'SQL', NULL)"],
}
NULLABLE = {
    "django": "CREATE TABLE django_migrations (id int, app varchar(255), name varchar(255), applied varchar(30))",
    "flyway": "CREATE TABLE flyway_schema_history (installed_rank int, version varchar(50), description varchar(200), type varchar(20), success boolean)",
}


@pytest.mark.parametrize("tool, statement", [(tool, statement) for tool, statements in NULLS.items() for statement in statements])
def test_a_null_where_the_tool_writes_none_makes_the_table_unreadable(schemalatch, tmp_path, books, tool, statement):
    books.execute(NULLABLE[tool])
    books.execute(statement.format(true=1 if books.kind == "sqlite" else "true"))
    code, reason = check(schemalatch, books, baked(tmp_path, tool, ["9" if tool == "flyway" else "a.b"]))
    assert (code, reason.split(":")[0]) == (14, "unreadable"), reason
    assert "check table and tool" in reason


@pytest.mark.parametrize("tool, table", [("django", "django_migrations"), ("flyway", "flyway_schema_history")])
def test_a_foreign_table_under_the_name_is_unreadable(schemalatch, tmp_path, books, tool, table):
    books.execute(f"CREATE TABLE {table} (id int, payload varchar(10))")
    code, reason = check(schemalatch, books, baked(tmp_path, tool, ["1" if tool == "flyway" else "a.b"]))
    assert (code, reason.split(":")[0]) == (14, "unreadable"), reason
    assert f'table "{table}"' in reason and "check table and tool" in reason
