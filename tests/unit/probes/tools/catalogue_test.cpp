#include "probes/tools/catalogue.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "probes/tools/select.h"
#include "tests/support/catch.h"

namespace schemalatch::tools {
namespace {

int occurrences(std::string_view text, std::string_view part) {
    int count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
    return count;
}

std::vector<const Dialect*> dialects_of(const Tool& tool) {
    std::vector<const Dialect*> dialects;
    for (const auto* dialect : {&tool.postgres, &tool.sqlite}) {
        if (*dialect) dialects.push_back(&**dialect);
    }
    return dialects;
}

TEST_CASE("every tool is found by its own name, and each name stands for one", "[catalogue]") {
    std::set<std::string> names;
    for (const auto& tool : Catalogue{}.all()) {
        CAPTURE(tool->name());
        CHECK(Catalogue{}.find(tool->name()) == tool);
        CHECK(names.insert(tool->name()).second);
    }
    CHECK(names.contains("alembic"));
    CHECK(names.contains("golang-migrate"));
}

TEST_CASE("a name that is not exactly a tool's finds nothing", "[catalogue]") {
    for (const auto* name : {"", "Alembic", "alembic ", "alembi", "golang_migrate", "golang-migrate\n", "nothing"}) {
        CAPTURE(name);
        CHECK(Catalogue{}.find(name) == nullptr);
    }
}

TEST_CASE("every tool is described in full", "[catalogue]") {
    for (const auto& tool : Catalogue{}.all()) {
        CAPTURE(tool->name());
        CHECK_FALSE(tool->summary.empty());
        CHECK(tool->summary.find('\n') == std::string::npos);
        CHECK_FALSE(tool->table.empty());
        CHECK_FALSE(tool->columns.empty());
        CHECK(tool->most_rows >= 1);
        CHECK_FALSE(dialects_of(*tool).empty());
    }
}

TEST_CASE("every select reads its table once, by the columns that make it the tool's", "[catalogue]") {
    for (const auto& tool : Catalogue{}.all()) {
        for (const auto* dialect : dialects_of(*tool)) {
            CAPTURE(tool->name(), dialect->select);
            CHECK(occurrences(dialect->select, "{table}") == 1);
            CHECK(occurrences(dialect->select, ";") == 0);
            const auto reads = [&](const auto& column) { return occurrences(dialect->select, column) > 0; };
            CHECK(std::any_of(tool->columns.begin(), tool->columns.end(), reads));
        }
    }
}

TEST_CASE("a tool that keeps one number has one row, and one that keeps heads may have several", "[catalogue]") {
    for (const auto& tool : Catalogue{}.all()) {
        CAPTURE(tool->name());
        if (tool->books.ordering == model::Ordering::number) CHECK(tool->most_rows == 1);
        if (tool->books.ordering == model::Ordering::graph) CHECK(tool->most_rows > 1);
    }
    CHECK(Catalogue{}.find("alembic")->books.ordering == model::Ordering::graph);
    CHECK(Catalogue{}.find("golang-migrate")->books.ordering == model::Ordering::number);
}

TEST_CASE("only a tool that records failures tells what a dirty row means", "[catalogue]") {
    CHECK(Catalogue{}.find("alembic")->dirty_means.empty());
    CHECK_FALSE(Catalogue{}.find("golang-migrate")->dirty_means.empty());
}

TEST_CASE("golang-migrate's lock keys are those that its command line and its library take", "[catalogue]") {
    struct Row {
        TableLocation at;
        std::vector<std::int64_t> expected;
    };
    // python3: zlib.crc32("\0".join([schema, table, database]).encode()) * 1486364155 % 2**32. Opened by URL the tool
    // uses the URL's path for the database, slash included; opened over a connection it asks for current_database().
    const std::vector<Row> rows{
        {{.database = "orders", .schema = "public", .table = "schema_migrations"}, {660104171, 2900846959}},
        {{.database = "shop_db", .schema = "app", .table = "public_migrations"}, {1496661857, 3875006533}},
        {{.database = "d", .schema = "sch\xC3\xA9ma", .table = "t"}, {4259380539, 3649036228}},
    };
    const auto& dialect = Catalogue{}.find("golang-migrate")->postgres;
    REQUIRE(dialect);
    REQUIRE(dialect->advisory_locks != nullptr);
    for (const auto& [at, expected] : rows) {
        CAPTURE(at.database, at.schema, at.table);
        CHECK(dialect->advisory_locks(at) == expected);
    }
}

TEST_CASE("a tool whose lock cannot be seen has no lock key", "[catalogue]") {
    CHECK(Catalogue{}.find("alembic")->postgres->advisory_locks == nullptr);
    CHECK(Catalogue{}.find("alembic")->sqlite->advisory_locks == nullptr);
    CHECK(Catalogue{}.find("golang-migrate")->sqlite->advisory_locks == nullptr);
}

TEST_CASE("an identifier is quoted, so that no name can end the quotes", "[catalogue]") {
    struct Row {
        std::string name, expected;
    };
    const std::vector<Row> rows{
        {"alembic_version", R"("alembic_version")"},
        {"Mixed Case", R"("Mixed Case")"},
        {R"(a"b)", R"("a""b")"},
        {R"(")", R"("""")"},
        {R"("; DROP TABLE x; --)", R"("""; DROP TABLE x; --")"},
        {"", R"("")"},
    };
    for (const auto& [name, expected] : rows) CHECK(quote_identifier(name) == expected);
}

TEST_CASE("a select names the table that it is given, whatever the table is called", "[catalogue]") {
    const Dialect dialect{.select = "SELECT id, false FROM {table} WHERE x"};
    CHECK(select_from(dialect, R"("s"."t")") == R"(SELECT id, false FROM "s"."t" WHERE x)");
    CHECK(select_from(dialect, R"("{table}")") == R"(SELECT id, false FROM "{table}" WHERE x)");
    CHECK(select_from(*Catalogue{}.find("golang-migrate")->postgres, R"("m")") ==
          R"(SELECT version, CASE WHEN dirty THEN 'dirty' WHEN NOT dirty THEN 'clean' END, 0 FROM "m")");
}

}  // namespace
}  // namespace schemalatch::tools
