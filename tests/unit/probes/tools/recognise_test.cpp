#include "probes/tools/recognise.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "probes/tools/catalogue.h"
#include "tests/support/catch.h"

namespace schemalatch::tools {
namespace {

using Lines = std::vector<std::string>;

// "tool schema.table", for each trace.
Lines traces(const std::vector<Shape>& shapes, const Suspects& suspects) {
    Lines lines;
    for (const auto& trace : traces_in(shapes, suspects))
        lines.push_back(trace.tool + " " + trace.schema + "." + trace.table);
    return lines;
}

Lines traces(const std::vector<Shape>& shapes) { return traces(shapes, {Catalogue{}.all(), ""}); }

Tool own(const std::string& name, const std::string& table, std::vector<std::string> columns) {
    Tool tool;
    tool.books.tool = name;
    tool.table = table;
    tool.columns = std::move(columns);
    return tool;
}

TEST_CASE("every tool is recognised by its own table and columns", "[recognise]") {
    for (const auto& tool : Catalogue{}.all()) {
        CAPTURE(tool->name());
        const std::set<std::string> columns{tool->columns.begin(), tool->columns.end()};
        CHECK(traces({{"public", tool->table, columns}}) == Lines{tool->name() + " public." + tool->table});
        for (const auto& column : columns) {
            auto fewer = columns;
            fewer.erase(column);
            CHECK(traces({{"public", tool->table, fewer}}).empty());
        }
        auto more = columns;
        more.insert("added_by_somebody");
        CHECK(traces({{"public", tool->table, more}}).size() == 1);
        CHECK(traces({{"public", tool->table + "_old", columns}}).empty());
    }
}

TEST_CASE("a table of the right name with another tool's columns is nobody's", "[recognise]") {
    CHECK(traces({{"public", "schema_migrations", {"version"}}}).empty());
    CHECK(traces({{"public", "schema_migrations", {"version", "inserted_at"}}}).empty());
    CHECK(traces({}).empty());
}

TEST_CASE("tables of several tools, and of one in several schemas, are all told", "[recognise]") {
    CHECK(traces({{"app", "alembic_version", {"version_num"}},
                  {"public", "alembic_version", {"version_num"}},
                  {"public", "schema_migrations", {"version", "dirty"}}}) ==
          Lines{"alembic app.alembic_version", "alembic public.alembic_version",
                "golang-migrate public.schema_migrations"});
}

TEST_CASE("of tools that fit one table those count that explain the most columns", "[recognise]") {
    const Catalogue catalogue{{own("plain", "schema_migrations", {"version"}),
                               own("richer", "schema_migrations", {"version", "dirty", "at"}),
                               own("as_rich", "schema_migrations", {"version", "dirty", "by"})}};
    const Suspects suspects{catalogue.all(), ""};
    CHECK(traces({{"", "schema_migrations", {"version"}}}, suspects) == Lines{"plain .schema_migrations"});
    CHECK(traces({{"", "schema_migrations", {"version", "dirty"}}}, suspects) ==
          Lines{"golang-migrate .schema_migrations"});
    CHECK(traces({{"", "schema_migrations", {"version", "dirty", "at"}}}, suspects) ==
          Lines{"richer .schema_migrations"});
    CHECK(traces({{"", "schema_migrations", {"version", "dirty", "at", "by"}}}, suspects) ==
          Lines{"richer .schema_migrations", "as_rich .schema_migrations"});
}

TEST_CASE("a table that the user names is judged for every tool, and no other is", "[recognise]") {
    const Suspects suspects{Catalogue{}.all(), "versions"};
    CHECK(suspects.tables() == Lines{"versions"});
    CHECK(traces({{"s", "versions", {"version_num"}}, {"s", "schema_migrations", {"version", "dirty"}}}, suspects) ==
          Lines{"alembic s.versions"});
}

TEST_CASE("a tool that only a query reads leaves no trace", "[recognise]") {
    const Catalogue catalogue{{own("asked", "", {}), own("asked_too", "its_table", {})}};
    const Suspects suspects{catalogue.all(), ""};
    const auto tables = suspects.tables();
    CHECK(std::count(tables.begin(), tables.end(), "") == 0);
    CHECK(std::count(tables.begin(), tables.end(), "its_table") == 1);
    CHECK(traces({{"", "", {"id"}}, {"", "its_table", {"id"}}}, suspects).empty());
    CHECK(traces({{"", "its_table", {"id"}}}, {catalogue.all(), "its_table"}).empty());
}

TEST_CASE("each table is looked for once", "[recognise]") {
    const Catalogue catalogue{{own("a", "t", {"x"}), own("b", "t", {"y"})}};
    const auto tables = Suspects{catalogue.all(), ""}.tables();
    CHECK(std::count(tables.begin(), tables.end(), "t") == 1);
    CHECK(tables.size() == Catalogue{}.all().size() + 1);
}

}  // namespace
}  // namespace schemalatch::tools
