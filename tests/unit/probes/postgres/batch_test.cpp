#include "probes/postgres/batch.h"

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "probes/postgres/recognise.h"
#include "probes/tools/catalogue.h"
#include "tests/support/catch.h"
#include "tests/support/known_tools.h"

namespace schemalatch::postgres {
namespace {

using namespace std::chrono_literals;
using model::FailureKind;
using model::Look;
using model::Mark;
using model::ToolLock;
using support::alembic;
using support::golang_migrate;
using Lines = std::vector<std::string>;

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// ---- The SQL ------------------------------------------------------------------------------------------------------

// SQL as PostgreSQL reads it: what is quoted, and all the rest with "_" in its place.
struct Lexed {
    std::string skeleton;
    Lines literals;
    Lines identifiers;
};

Lexed lexed(std::string_view sql) {
    Lexed out;
    while (!sql.empty()) {
        const bool escapes = sql.starts_with("E'");
        if (escapes) sql.remove_prefix(1);
        const char quote = sql[0];
        if (quote != '\'' && quote != '"') {
            REQUIRE_FALSE((sql.starts_with("--") || sql.starts_with("/*") || quote == '$'));
            out.skeleton += quote;
            sql.remove_prefix(1);
            continue;
        }
        std::string text;
        std::size_t i = 1;
        for (; i < sql.size(); ++i) {
            const bool doubled = sql[i] == quote && i + 1 < sql.size() && sql[i + 1] == quote;
            if (sql[i] == quote && !doubled) break;
            if (doubled || (escapes && sql[i] == '\\')) ++i;
            text += sql[i];
        }
        REQUIRE(i < sql.size());  // the quote ends
        sql.remove_prefix(i + 1);
        out.skeleton += escapes ? "E'_'" : quote == '"' ? "\"_\"" : "'_'";
        (quote == '"' ? out.identifiers : out.literals).push_back(text);
    }
    return out;
}

const Lines kHostileNames{"x'; DROP TABLE t; --", "\\",         "\\'",     "'",  "''", "\"", "\"\"",
                          "\"; DROP TABLE t; --", "a\\\"b\\'c", "/*",      "--", "$$", ";",  "a\nb",
                          "sch\xC3\xA9ma",        "%s",         "{table}", ""};

// Names that stand nowhere else in the statements.
constexpr const char* kPlainSchema = "plain_schema";
constexpr const char* kPlainTable = "plain_table";

Lines renamed(Lines texts, const std::string& schema, const std::string& table) {
    std::replace(texts.begin(), texts.end(), std::string{kPlainSchema}, schema);
    std::replace(texts.begin(), texts.end(), std::string{kPlainTable}, table);
    return texts;
}

TEST_CASE("whatever table and schema are called, the statements stay the same", "[postgres]") {
    for (const auto& tool : tools::Catalogue{}.all()) {
        const auto by_path = lexed(batch_sql({tool, "", kPlainTable}, 3s));
        const auto by_schema = lexed(batch_sql({tool, kPlainSchema, kPlainTable}, 3s));
        for (const auto& name : kHostileNames) {
            CAPTURE(tool->name(), name);
            const auto table = lexed(batch_sql({tool, "", name}, 3s));
            CHECK(table.skeleton == by_path.skeleton);
            CHECK(table.identifiers == renamed(by_path.identifiers, "", name));
            CHECK(table.literals == renamed(by_path.literals, "", name));
            if (name.empty()) continue;
            const auto schema = lexed(batch_sql({tool, name, "t"}, 3s));
            CHECK(schema.skeleton == by_schema.skeleton);
            CHECK(schema.identifiers == renamed(by_schema.identifiers, name, "t"));
            CHECK(schema.literals == renamed(by_schema.literals, name, "t"));
        }
    }
}

// Without what is said to be PostgreSQL's own: an operator, a type, a function.
std::string without(std::string sql, const std::string& pattern) {
    return std::regex_replace(sql, std::regex{pattern}, "");
}

TEST_CASE("every function, operator and type is PostgreSQL's own, whatever the search_path offers", "[postgres]") {
    std::vector<std::string> batches;
    for (const auto& tool : tools::Catalogue{}.all()) {
        for (const auto* schema : {"", kPlainSchema}) batches.push_back(batch_sql({tool, schema, kPlainTable}, 3s));
    }
    for (const auto* schema : {"", kPlainSchema})
        batches.push_back(which_tools({tools::Catalogue{}.all(), ""}, schema).sql(3s));
    for (const auto& batch : batches) {
        CAPTURE(batch);
        const auto sql = lexed(batch).skeleton;
        const auto statements = sql.substr(sql.find("SELECT"));  // behind the settings
        auto rest = without(statements, "OPERATOR\\(pg_catalog\\.[^)]+\\)");
        CHECK(rest.find_first_of("=<>|+-~!") == std::string::npos);
        rest = without(rest, "::pg_catalog\\.[a-z0-9_\"]+");
        CHECK(rest.find("::") == std::string::npos);
        rest = without(rest, "pg_catalog\\.[a-z_\"]+\\(");
        CHECK_FALSE(std::regex_search(rest, std::regex{"[a-z_]+\\("}));
    }
}

TEST_CASE("a look is one transaction that is read-only and gives up before its deadline, on a lock much earlier",
          "[postgres]") {
    struct Row {
        std::chrono::milliseconds left;
        const char* expected;
    };
    const std::vector<Row> rows{
        {3s,
         "SET LOCAL statement_timeout = '2700ms'; SET LOCAL lock_timeout = '1000ms'; SET TRANSACTION READ ONLY; SET "
         "LOCAL row_security = off; "},
        {1s,
         "SET LOCAL statement_timeout = '900ms'; SET LOCAL lock_timeout = '500ms'; SET TRANSACTION READ ONLY; SET "
         "LOCAL row_security = off; "},
        {10min,
         "SET LOCAL statement_timeout = '540000ms'; SET LOCAL lock_timeout = '1000ms'; SET TRANSACTION READ ONLY; SET "
         "LOCAL row_security = off; "},
        {700h,
         "SET LOCAL statement_timeout = '2147483647ms'; SET LOCAL lock_timeout = '1000ms'; SET TRANSACTION READ ONLY; "
         "SET LOCAL row_security = off; "},
        {1ms,
         "SET LOCAL statement_timeout = '1ms'; SET LOCAL lock_timeout = '1ms'; SET TRANSACTION READ ONLY; SET LOCAL "
         "row_security = off; "},
    };
    for (const auto& [left, expected] : rows) CHECK(batch_sql({alembic(), "", "t"}, left).starts_with(expected));
    CHECK_FALSE(holds(batch_sql({alembic(), "", "t"}, 3s), "SET SESSION"));
    CHECK(holds(batch_sql({alembic(), "", "t"}, 3s), "SET LOCAL row_security = off; "));  // hidden rows are an error
}

TEST_CASE("what can come back is bounded, whatever lies behind the table's name", "[postgres]") {
    CHECK(holds(batch_sql({alembic(), "", "t"}, 3s),
                "SELECT CASE WHEN taken OPERATOR(pg_catalog.>) 16777216 THEN NULL ELSE id END, "
                "CASE WHEN taken OPERATOR(pg_catalog.>) 16777216 THEN 'too much' ELSE mark END"));
    CHECK(holds(
        batch_sql({alembic(), "", "t"}, 3s),
        "(SELECT pg_catalog.\"left\"(id::pg_catalog.text, 1001) AS id, pg_catalog.\"left\"(mark::pg_catalog.text, "
        "20) AS mark, place FROM (SELECT version_num, 'clean', 0 FROM \"t\") AS looked (id, mark, place) WHERE "
        "true OR EXISTS (SELECT \"version_num\" FROM \"t\") LIMIT 1001) AS bounded"));
    CHECK(holds(batch_sql({golang_migrate(), "s", "t"}, 3s),
                "(SELECT \"version\", \"dirty\" FROM \"s\".\"t\") LIMIT 2) AS bounded"));
}

TEST_CASE("locks are looked for only where the tool has one, and only if a row is dirty", "[postgres]") {
    CHECK_FALSE(holds(batch_sql({alembic(), "", "t"}, 3s), "pg_locks"));
    CHECK(holds(batch_sql({golang_migrate(), "", "t"}, 3s), "pg_locks"));
    CHECK(holds(batch_sql({golang_migrate(), "", "t"}, 3s),
                "ANY ('{dirty,half_undone}'::pg_catalog.text[])) LIMIT 1000"));
}

// ---- What the answers mean ----------------------------------------------------------------------------------------

const Subject kHeads{alembic(), "", "alembic_version"};
const Subject kCounter{golang_migrate(), "", "schema_migrations"};

// A row of the candidates' answer.
struct Table {
    std::string schema;
    bool in_path = true;
    bool usable = true;
    bool temporary = false;
    bool row_security = false;
    bool readable = true;

    std::vector<Field> row() const {
        const auto told = [](bool flag) { return Field{flag ? "t" : "f"}; };
        return {schema, told(in_path), told(usable), told(temporary), told(row_security), told(readable)};
    }
};

// The answers to where we are, and which tables bear the name.
struct Answers {
    std::string standby = "f";
    std::string path = "\"$user\", app, public";
    std::string schemas = "ro, public";
    std::vector<Table> tables = {{.schema = "public"}};
    std::string database = "orders";
    std::string role = "ro";

    Rows whereabouts() const { return {{standby, database, role, path, schemas}}; }
    Rows candidates() const {
        Rows rows;
        for (const auto& table : tables) rows.push_back(table.row());
        return rows;
    }
};

const Table kHidden{.schema = "app", .in_path = false, .usable = false, .readable = false};

Answers with(std::vector<Table> tables) {
    Answers answers;
    answers.tables = std::move(tables);
    return answers;
}

const Answers kNowhere = with({});

BatchResult answered(const Rows& table, const Rows& locks = {}, const Answers& place = {}) {
    return {{place.whereabouts(), place.candidates(), table, locks}, std::nullopt};
}

BatchResult failed(const std::string& sqlstate, const std::string& message = "the server's words",
                   const Answers& place = {}) {
    return {{place.whereabouts(), place.candidates()}, ServerError{sqlstate, message, false}};
}

model::Observation seen(const Subject& subject, const BatchResult& batch) {
    auto look = interpret(subject, batch);
    REQUIRE(look);
    return *look;
}

model::ProbeFailure failure_of(const Subject& subject, const BatchResult& batch) {
    auto look = interpret(subject, batch);
    REQUIRE_FALSE(look);
    return look.error();
}

TEST_CASE("rows are taken as they stand, clean or dirty", "[postgres]") {
    const auto heads = seen(kHeads, answered({{"a", "clean"}, {"b", "clean"}}));
    CHECK(heads.primary);
    CHECK(heads.has_table);
    CHECK(heads.table == "alembic_version");
    REQUIRE(heads.rows.size() == 2);
    CHECK(heads.rows[0].id == "a");
    CHECK(heads.rows[1].id == "b");
    CHECK(heads.rows[1].mark == Mark::clean);
    CHECK(heads.place == R"(database "orders" (role "ro", schemas searched: ro, public))");
    CHECK(seen(kCounter, answered({{"42", "dirty"}})).rows.at(0).mark == Mark::dirty);
    CHECK(seen(kHeads, answered({})).rows.empty());
    CHECK(seen(kHeads, answered({})).has_table);
}

TEST_CASE("a server in recovery is a standby", "[postgres]") {
    CHECK_FALSE(seen(kHeads, answered({{"a", "clean"}}, {}, {.standby = "t"})).primary);
    CHECK_FALSE(seen(kHeads, failed("42P01", "", {.standby = "t", .tables = {}})).primary);
}

TEST_CASE("a table that is not there is no failure, and it is told where was looked", "[postgres]") {
    for (const auto* sqlstate : {"42P01", "3F000"}) {
        const auto look = seen(kHeads, failed(sqlstate, "relation does not exist", kNowhere));
        CHECK_FALSE(look.has_table);
        CHECK(look.rows.empty());
        CHECK(look.place == R"(database "orders" (role "ro", schemas searched: ro, public))");
    }
    auto pathless = kNowhere;
    pathless.schemas = "";
    CHECK(seen(kHeads, failed("42P01", "", pathless)).place ==
          R"(database "orders" (role "ro", schemas searched: none))");
}

TEST_CASE("a table of that name in a schema that was not searched is told", "[postgres]") {
    const auto elsewhere = with({{.schema = "legacy", .in_path = false}, {.schema = "old", .in_path = false}});
    CHECK(seen(kHeads, failed("42P01", "", elsewhere)).note == "if the one in schema legacy, old is meant, set schema");
    CHECK(seen(kHeads, failed("42P01", "", kNowhere)).note.empty());
}

TEST_CASE("a missing right is denied, with the GRANT that is missing", "[postgres]") {
    const auto unreadable = with({{.schema = "public", .readable = false}});
    const auto table = failure_of(kHeads, failed("42501", "permission denied for table alembic_version", unreadable));
    CHECK(table.kind == FailureKind::denied);
    CHECK(
        table.detail ==
        R"(permission denied for table alembic_version in database "orders"; run: GRANT SELECT ON "public"."alembic_version" TO "ro")");

    for (const auto* sqlstate : {"42P01", "3F000", "42501"}) {
        const auto schema = failure_of(kHeads, failed(sqlstate, "words", with({kHidden})));
        CHECK(schema.kind == FailureKind::denied);
        CHECK(
            schema.detail ==
            R"(no right to use schema "app" in database "orders"; run: GRANT USAGE ON SCHEMA "app" TO "ro"; GRANT SELECT ON "app"."alembic_version" TO "ro")");
    }
}

TEST_CASE("rows that a policy hides are denied with their own remedy, in whatever language the server speaks",
          "[postgres]") {
    const auto hidden = with({{.schema = "public", .row_security = true}});
    const auto failure = failure_of(kHeads, failed("42501", "die Anfrage ist betroffen", hidden));
    CHECK(failure.kind == FailureKind::denied);
    CHECK(failure.detail ==
          R"(die Anfrage ist betroffen in database "orders"; policies may hide rows from us; run: ALTER ROLE "ro" )"
          "BYPASSRLS, or turn row level security off for the table");
    const auto both = with({{.schema = "public", .row_security = true, .readable = false}});
    CHECK(holds(failure_of(kHeads, failed("42501", "no", both)).detail, "run: GRANT SELECT ON"));
}

TEST_CASE("a right that is missing behind a view is not asked for on the view", "[postgres]") {
    const auto failure = failure_of(kHeads, failed("42501", "permission denied for table versions"));
    CHECK(failure.kind == FailureKind::denied);
    CHECK(
        failure.detail ==
        R"(permission denied for table versions in database "orders"; "alembic_version" itself may be read; grant the )"
        "role, or the view's owner, what lies behind it");
}

TEST_CASE("a foreign table without a login at its server is denied, with what gives one", "[postgres]") {
    const auto failure = failure_of(kHeads, failed("42704", "user mapping not found for \"ro\""));
    CHECK(failure.kind == FailureKind::denied);
    CHECK(holds(failure.detail, R"(run: CREATE USER MAPPING FOR "ro" SERVER ...)"));
}

TEST_CASE("the GRANT quotes hostile names", "[postgres]") {
    auto place = with({{.schema = "a\"b", .readable = false}});
    place.role = "r\"o";
    CHECK(holds(failure_of({alembic(), "", "t\"x"}, failed("42501", "no", place)).detail,
                R"(run: GRANT SELECT ON "a""b"."t""x" TO "r""o")"));
}

TEST_CASE("each SQLSTATE of the batch means what the server meant", "[postgres]") {
    struct Row {
        const char* sqlstate;
        FailureKind kind;
        const char* beginning;
    };
    const char* const cannot = "the server cannot answer now: the server's words; see the server's log";
    const char* const unreadable =
        "table \"alembic_version\" cannot be read (the server's words); a table of alembic has the columns "
        "version_num: check table and tool";
    const std::vector<Row> rows{
        {"55P03", FailureKind::blocked,
         "table \"alembic_version\" is locked: a migration is running; wait for it to finish"},  // lock_timeout
        {"57014", FailureKind::unreachable,
         "the query gave no answer in time (the server's words); see what keeps the server busy, or raise "
         "deadline"},                                    // statement_timeout
        {"08006", FailureKind::unreachable, cannot},     // connection_failure
        {"08P01", FailureKind::unreachable, cannot},     // protocol_violation, as poolers say it
        {"53100", FailureKind::unreachable, cannot},     // disk_full
        {"53200", FailureKind::unreachable, cannot},     // out_of_memory
        {"53300", FailureKind::unreachable, cannot},     // too_many_connections
        {"57P01", FailureKind::unreachable, cannot},     // admin_shutdown
        {"57P02", FailureKind::unreachable, cannot},     // crash_shutdown
        {"57P03", FailureKind::unreachable, cannot},     // cannot_connect_now
        {"57P05", FailureKind::unreachable, cannot},     // idle_session_timeout
        {"58030", FailureKind::unreachable, cannot},     // io_error
        {"XX000", FailureKind::unreachable, cannot},     // internal_error
        {"XX001", FailureKind::unreachable, cannot},     // data_corrupted
        {"HV00N", FailureKind::unreachable, cannot},     // fdw_unable_to_establish_connection
        {"42703", FailureKind::unreadable, unreadable},  // undefined_column
        {"42804", FailureKind::unreadable, unreadable},  // datatype_mismatch
        {"42809", FailureKind::unreadable, unreadable},  // wrong_object_type
        {"42P10", FailureKind::unreadable, unreadable},  // invalid_column_reference
        {"22P02", FailureKind::unreadable, unreadable},  // invalid_text_representation, in a view
        {"55000", FailureKind::unreadable, unreadable},  // a materialized view that was never filled
    };
    for (const auto& [sqlstate, kind, beginning] : rows) {
        CAPTURE(sqlstate);
        const auto failure = failure_of(kHeads, failed(sqlstate));
        CHECK(failure.kind == kind);
        CHECK(failure.detail == beginning);
    }
}

TEST_CASE("a batch whose first statement failed tells nothing about the table", "[postgres]") {
    const auto failure = failure_of(kHeads, {{}, ServerError{"25006", "cannot do that here", false}});
    CHECK(failure.kind == FailureKind::unreachable);
    CHECK(failure.detail == "the server cannot answer: cannot do that here; see the server's log");
    CHECK(failure_of(kHeads, {{}, std::nullopt}).detail ==
          "the server answered fewer statements than it was asked; see what the URL leads to");
    CHECK(failure_of(kHeads, {{Rows{{"f"}}}, std::nullopt}).kind == FailureKind::unreachable);
    CHECK(failure_of(kHeads, {{Rows{}}, std::nullopt}).kind == FailureKind::unreachable);
}

TEST_CASE("an answer that is missing is not taken for an empty table", "[postgres]") {
    const Answers place;
    for (const auto* subject : {&kHeads, &kCounter}) {
        const auto failure = failure_of(*subject, {{place.whereabouts(), place.candidates()}, std::nullopt});
        CHECK(failure.kind == FailureKind::unreachable);
        CHECK(failure.detail == "the server answered fewer statements than it was asked; see what the URL leads to");
    }
    const auto no_locks = failure_of(kCounter, {{place.whereabouts(), place.candidates(), {{"42", "dirty"}}}, {}});
    CHECK(no_locks.kind == FailureKind::unreachable);
}

TEST_CASE("rows of a table that the catalogue does not know say nothing yet", "[postgres]") {
    for (const auto& rows : {Rows{}, Rows{{"a", "clean"}}}) {
        const auto failure = failure_of(kHeads, answered(rows, {}, kNowhere));
        CHECK(failure.kind == FailureKind::unreachable);
        CHECK(holds(failure.detail, "of which its catalogue knows nothing"));
    }
}

TEST_CASE("answers of another shape than was asked for are unreadable", "[postgres]") {
    const Answers place;
    const Rows dirty{{"42", "dirty"}};
    const auto kind_of = [](const std::vector<Rows>& selects) {
        return failure_of(kCounter, {selects, std::nullopt}).kind;
    };
    CHECK(kind_of({{{}}, place.candidates(), dirty, {}}) == FailureKind::unreadable);
    CHECK(kind_of({{}, place.candidates(), dirty, {}}) == FailureKind::unreadable);
    CHECK(kind_of({place.whereabouts(), {{"public"}}, dirty, {}}) == FailureKind::unreadable);
    CHECK(kind_of({place.whereabouts(), place.candidates(), {{}}, {}}) == FailureKind::unreadable);
    CHECK(kind_of({place.whereabouts(), place.candidates(), {{"42"}}, {}}) == FailureKind::unreadable);
    CHECK(kind_of({place.whereabouts(), place.candidates(), dirty, {{}}}) == FailureKind::unreadable);
    CHECK(kind_of({place.whereabouts(), place.candidates(), dirty, {{"1", "2"}}}) == FailureKind::unreadable);
}

TEST_CASE("a server that does not say whether it is in recovery is not taken for a primary", "[postgres]") {
    const Answers place;
    for (const auto& standby : {Field{}, Field{""}, Field{"true"}}) {
        auto whereabouts = place.whereabouts();
        whereabouts[0][0] = standby;
        CHECK(failure_of(kHeads, {{whereabouts, place.candidates(), {}}, {}}).kind == FailureKind::unreadable);
    }
}

TEST_CASE("a name that is visible in several schemas of the search_path is ambiguous, unless the schema is set",
          "[postgres]") {
    const auto twice = with({{.schema = "ro"}, {.schema = "public"}});
    const auto failure = failure_of(kHeads, answered({{"a", "clean"}}, {}, twice));
    CHECK(failure.kind == FailureKind::ambiguous);
    CHECK(failure.detail ==
          "table \"alembic_version\" stands in 2 schemas of the search_path (ro, public); set schema to the one that "
          "is meant");
    CHECK(seen({alembic(), "ro", "alembic_version"}, answered({{"a", "clean"}}, {}, twice)).has_table);
}

TEST_CASE("a table beside one that the role may not use is ambiguous, unless the schema is set", "[postgres]") {
    const auto shadowed = with({{.schema = "public"}, kHidden});
    const auto failure = failure_of(kHeads, answered({{"a", "clean"}}, {}, shadowed));
    CHECK(failure.kind == FailureKind::ambiguous);
    CHECK(failure.detail ==
          "table \"alembic_version\" stands in schema public and in schema app of the search_path, which role \"ro\" "
          "may not use; set schema to "
          "the one that is meant");
    CHECK(seen({alembic(), "public", "alembic_version"}, answered({{"a", "clean"}}, {}, shadowed)).has_table);
}

TEST_CASE("a temporary table of that name is ambiguous, unless the schema is set", "[postgres]") {
    const auto temporary = with({{.schema = "pg_temp_3", .in_path = false, .temporary = true}, {.schema = "public"}});
    const auto failure = failure_of(kHeads, answered({{"a", "clean"}}, {}, temporary));
    CHECK(failure.kind == FailureKind::ambiguous);
    CHECK(failure.detail ==
          "table \"alembic_version\" stands in this session as a temporary one, which hides any other; set schema to "
          "the one that is meant");
    CHECK(seen({alembic(), "public", "alembic_version"}, answered({{"a", "clean"}}, {}, temporary)).has_table);
    CHECK(seen({alembic(), "app", "alembic_version"}, failed("42P01", "", temporary)).note ==
          "if the one in schema public is meant, set schema");
}

TEST_CASE("rows that the tool does not write make the table unreadable", "[postgres]") {
    struct Row {
        Subject subject;
        Rows rows;
        const char* what;
    };
    const std::vector<Row> rows{
        {kHeads, {{std::nullopt, "clean"}}, "holds a row without a version"},
        {kHeads, {{"a", "clean"}, {std::nullopt, "clean"}}, "holds a row without a version"},
        {kHeads, {{std::string(1001, 'x'), "clean"}}, "holds a version of more than 1000 bytes"},
        {kHeads, {{"", "clean"}}, "holds an empty version"},
        {kHeads, {{"a\nb", "clean"}}, "holds a version with control characters"},
        {kCounter, {{"1", std::nullopt}}, "holds a row that says neither that it is clean nor that it is dirty"},
        {kCounter, {{"1", "1"}}, "holds a row that says neither that it is clean nor that it is dirty"},
        {kCounter, {{"1", "clean"}, {"2", "clean"}}, "holds more than 1 row(s)"},
        {kHeads, Rows(1001, {"a", "clean"}), "holds more than 1000 row(s)"},
    };
    for (const auto& [subject, table, what] : rows) {
        CAPTURE(what);
        const auto failure = failure_of(subject, answered(table));
        CHECK(failure.kind == FailureKind::unreadable);
        CHECK(holds(failure.detail, "table \"" + subject.table + "\" " + what));
        CHECK(holds(failure.detail, ": check table and tool"));
    }
    CHECK(seen(kHeads, answered({{std::string(1000, 'x'), "clean"}})).rows.size() == 1);
    CHECK(seen(kHeads, answered(Rows(1000, {"a", "clean"}))).rows.size() == 1000);
}

TEST_CASE("the tool's own lock tells running from failed", "[postgres]") {
    std::string key;
    for (const auto taken : tools::kGolangMigrate.postgres->advisory_locks({"orders", "public", "schema_migrations"})) {
        key = std::to_string(taken);
        CHECK(seen(kCounter, answered({{"42", "dirty"}}, {{key}})).tool_lock == ToolLock::held);
        CHECK(seen(kCounter, answered({{"42", "dirty"}}, {{"1"}, {key}})).tool_lock == ToolLock::held);
    }
    CHECK_FALSE(key.empty());
    CHECK(seen(kCounter, answered({{"42", "dirty"}}, {{"1"}, {std::nullopt}})).tool_lock == ToolLock::free);
    CHECK(seen(kCounter, answered({{"42", "dirty"}})).tool_lock == ToolLock::free);
    CHECK(seen(kCounter, answered({{"42", "clean"}})).tool_lock == ToolLock::none);
    CHECK(seen(kHeads, answered({{"a", "clean"}}, {{key}})).tool_lock == ToolLock::none);
    const auto other = with({{.schema = "other"}});
    CHECK(seen(kCounter, answered({{"42", "dirty"}}, {{key}}, other)).tool_lock == ToolLock::free);
}

TEST_CASE("whatever the server is called, what is told stays one printable line", "[postgres]") {
    Answers hostile;
    hostile.database = "d\n\x1B[31m";
    hostile.role = "r\xFF";
    hostile.schemas = "s\r\n";
    CHECK(seen({alembic(), "", "t\n"}, answered({{"a", "clean"}}, {}, hostile)).place ==
          R"(database "d\x0a\x1b[31m" (role "r\xff", schemas searched: s\x0d\x0a))");
    CHECK(failure_of({alembic(), "", "t\n"}, failed("42501", "no", hostile)).detail.find_first_of("\n\r\x1B\xFF") ==
          std::string::npos);
}

}  // namespace
}  // namespace schemalatch::postgres
