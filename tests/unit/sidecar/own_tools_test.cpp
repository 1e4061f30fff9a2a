#include "sidecar/own_tools.h"

#include <string>
#include <vector>

#include "probes/tools/select.h"
#include "tests/support/catch.h"

namespace schemalatch {
namespace {

using config::ToolSettings;
using Lines = std::vector<std::string>;

ToolSettings house() {
    ToolSettings settings;
    settings.name = "house";
    settings.table = "house_versions";
    settings.id = "version";
    settings.origin = "gate.toml:3";
    return settings;
}

template <typename Change>
ToolSettings house_with(Change change) {
    auto settings = house();
    change(settings);
    return settings;
}

Lines problems_of(const std::vector<ToolSettings>& own) {
    const auto catalogue = catalogue_of(own);
    return catalogue ? Lines{} : catalogue.error();
}

tools::ToolPtr described(const ToolSettings& settings) {
    const auto catalogue = catalogue_of({settings});
    REQUIRE(catalogue);
    auto tool = catalogue->find(settings.name);
    REQUIRE(tool != nullptr);
    return tool;
}

TEST_CASE("a tool of one's own stands behind those of the catalogue", "[own tools]") {
    const auto catalogue = catalogue_of({house()});
    REQUIRE(catalogue);
    CHECK(catalogue->all().size() == tools::Catalogue{}.all().size() + 1);
    CHECK(catalogue->all().back()->name() == "house");
    CHECK(catalogue->find("alembic") != nullptr);
    CHECK(catalogue_of({})->all().size() == tools::Catalogue{}.all().size());
}

TEST_CASE("by default it is a set of names without an order, which records no failures", "[own tools]") {
    const auto tool = described(house());
    CHECK(tool->books.ordering == model::Ordering::set);
    CHECK(tool->books.ids == model::IdOrder::none);
    CHECK_FALSE(tool->books.namespaced);
    CHECK(tool->table == "house_versions");
    CHECK(tool->columns == Lines{"version"});
    CHECK(tool->dirty_means.empty());
    CHECK(tool->summary == "described in gate.toml:3");
    CHECK(tool->most_rows == tools::kMostMigrations);
}

TEST_CASE("order and ids say how its versions compare", "[own tools]") {
    struct Row {
        const char* order;
        const char* ids;
        model::Ordering ordering;
        model::IdOrder id_order;
        std::size_t most_rows;
    };
    using model::IdOrder;
    using model::Ordering;
    const std::vector<Row> rows{{"set", "none", Ordering::set, IdOrder::none, tools::kMostMigrations},
                                {"set", "text", Ordering::set, IdOrder::text, tools::kMostMigrations},
                                {"set", "number", Ordering::set, IdOrder::number, tools::kMostMigrations},
                                {"set", "dotted", Ordering::set, IdOrder::dotted, tools::kMostMigrations},
                                {"number", "none", Ordering::number, IdOrder::none, 1}};
    for (const auto& row : rows) {
        CAPTURE(row.order, row.ids);
        const auto tool = described(house_with([&](auto& it) {
            it.order = row.order;
            it.ids = row.ids;
        }));
        CHECK(tool->books.ordering == row.ordering);
        CHECK(tool->books.ids == row.id_order);
        CHECK(tool->most_rows == row.most_rows);
    }
}

TEST_CASE("columns are quoted, whatever they are called", "[own tools]") {
    const auto tool = described(house_with([](auto& it) {
        it.id = "ver\"sion";
        it.dirty = "is broken";
    }));
    CHECK(tool->columns == Lines{"ver\"sion", "is broken"});
    CHECK(tool->dirty_means == "is broken is true");
    CHECK(
        tool->postgres->select ==
        R"(SELECT "ver""sion", CASE WHEN "is broken" THEN 'dirty' WHEN NOT "is broken" THEN 'clean' END, 0 FROM {table})");
    CHECK(tool->sqlite->select ==
          R"(SELECT "ver""sion", CASE "is broken" WHEN 1 THEN 'dirty' WHEN 0 THEN 'clean' END, 0 FROM {table})");
}

TEST_CASE("a query is asked as it stands, in the order of its rows, with a line of its own for its comments",
          "[own tools]") {
    const auto tool = described(house_with([](auto& it) {
        it.id.clear();
        it.query = "SELECT a, 'clean' FROM {table} -- all";
    }));
    CHECK(tool->columns.empty());
    CHECK(tool->dirty_means == "what the query marks as dirty");
    CHECK(tool->postgres->select.find("(\nSELECT a, 'clean' FROM {table} -- all\n)") != std::string::npos);
    CHECK(tool->postgres->select.find("row_number() OVER ()") != std::string::npos);
    CHECK(tool->sqlite->select.find("(\nSELECT a, 'clean' FROM {table} -- all\n)") != std::string::npos);
    CHECK(tool->sqlite->select.find("row_number() OVER ()") != std::string::npos);
}

TEST_CASE("a query may name what it reads itself, without a table", "[own tools]") {
    const auto tool = described(house_with([](auto& it) {
        it.table.clear();
        it.id.clear();
        it.query = "SELECT a, 'clean' FROM house.versions";
    }));
    CHECK(tool->table.empty());
}

TEST_CASE("what is wrong with a tool is told with its place, its name and its key", "[own tools]") {
    struct Row {
        ToolSettings settings;
        std::string expected;
    };
    const std::string reads = "says not what to read; give table and id, the column of the version, or a query";
    const std::string name =
        "name: is none for a tool; use 1 to 63 letters, digits, '-', '_' and '.', and not \"auto\"";
    const std::vector<Row> rows{
        {house_with([](auto& it) { it.table.clear(); }), "tool \"house\": " + reads},
        {house_with([](auto& it) { it.id.clear(); }), "tool \"house\": " + reads},
        {house_with([](auto& it) { it.name.clear(); }), "tool \"\": " + name},
        {house_with([](auto& it) { it.name = "auto"; }), "tool \"auto\": " + name},
        {house_with([](auto& it) { it.name = "ho use"; }), "tool \"ho use\": " + name},
        {house_with([](auto& it) { it.name = std::string(64, 'a'); }),
         "tool \"" + std::string(64, 'a') + "\": " + name},
        {house_with([](auto& it) { it.name = "a\x1b"; }), "tool \"a\\x1b\": " + name},
        {house_with([](auto& it) { it.name = "flyway"; }),
         "tool \"flyway\": name: is taken, by the catalogue or by another [[tool]]; choose another"},
        {house_with([](auto& it) { it.query = "SELECT 1, 2"; }),
         "tool \"house\": query: stands beside id or dirty; leave those out, the query gives id and mark"},
        {house_with([](auto& it) {
             it.id.clear();
             it.dirty = "broken";
             it.query = "SELECT 1, 2";
         }),
         "tool \"house\": query: stands beside id or dirty; leave those out, the query gives id and mark"},
        {house_with([](auto& it) {
             it.id.clear();
             it.query = "SELECT 1, 2;";
         }),
         "tool \"house\": query: holds a \";\"; give one SELECT, without it"},
        {house_with([](auto& it) {
             it.id.clear();
             it.table.clear();
             it.query = "SELECT 1, 2 FROM {table}";
         }),
         "tool \"house\": query: names {table}, and table is not set; set it, or write the name"},
        {house_with([](auto& it) { it.order = "graph"; }),
         "tool \"house\": order: \"graph\" is not \"set\" or \"number\""},
        {house_with([](auto& it) { it.ids = "dot\n"; }),
         "tool \"house\": ids: \"dot\\x0a\" is not \"none\", \"text\", \"number\" or \"dotted\""},
        {house_with([](auto& it) {
             it.order = "number";
             it.ids = "number";
         }),
         "tool \"house\": ids: says how the ids of a set compare, and order is \"number\"; leave it out"},
    };
    for (const auto& [settings, expected] : rows) CHECK(problems_of({settings}) == Lines{"gate.toml:3: " + expected});
}

TEST_CASE("two tools of one name are told at the second, and all problems together", "[own tools]") {
    auto second = house();
    second.origin = "gate.toml:9";
    second.order = "graph";
    CHECK(problems_of({house(), second}) ==
          Lines{"gate.toml:9: tool \"house\": name: is taken, by the catalogue or by another [[tool]]; choose another",
                "gate.toml:9: tool \"house\": order: \"graph\" is not \"set\" or \"number\""});
}

}  // namespace
}  // namespace schemalatch
