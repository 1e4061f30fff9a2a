#include "probes/tools/select.h"

#include <string>
#include <vector>

#include "probes/tools/catalogue.h"
#include "tests/support/catch.h"

namespace schemalatch::tools {
namespace {

// Reads one quoted identifier as both databases do; what stands behind it is left in `rest`.
std::string take_identifier(std::string_view& rest) {
    REQUIRE(rest.starts_with('"'));
    rest.remove_prefix(1);
    std::string name;
    while (!rest.empty()) {
        const bool doubled = rest.starts_with("\"\"");
        if (rest.starts_with('"') && !doubled) break;
        name += rest[0];
        rest.remove_prefix(doubled ? 2 : 1);
    }
    REQUIRE(rest.starts_with('"'));
    rest.remove_prefix(1);
    return name;
}

const std::vector<std::string> kHostileNames{
    "",
    "a",
    "\"",
    "\"\"",
    "\"\"\"",
    "a\"b",
    "\" FROM pg_authid; --",
    "a\\\"b",
    "x'y",
    "a\nb",
    "/*",
    "*/",
    "--",
    ";",
    "$$",
    "{table}",
    "sch\xC3\xA9ma",
    "\xFF",
    std::string{"a\0b", 3},
    std::string(1000, '"'),
};

TEST_CASE("a database reads back from a quoted name the name itself, and nothing more", "[select]") {
    for (const auto& name : kHostileNames) {
        CAPTURE(name);
        const auto quoted = quote_identifier(name);
        std::string_view rest = quoted;
        CHECK(take_identifier(rest) == name);
        CHECK(rest.empty());
    }
}

TEST_CASE("every tool's select reads the named table, whatever it is called, and is otherwise the same", "[select]") {
    for (const auto& tool : Catalogue{}.all()) {
        for (const auto& dialect : {tool->postgres, tool->sqlite}) {
            if (!dialect) continue;
            const std::string_view select = dialect->select;
            const auto place = select.find("{table}");
            for (const auto& name : kHostileNames) {
                CAPTURE(tool->name(), name);
                const auto sql = select_from(*dialect, quote_identifier(name));
                std::string_view rest = std::string_view{sql}.substr(place);
                CHECK(sql.starts_with(select.substr(0, place)));
                CHECK(take_identifier(rest) == name);
                CHECK(rest == select.substr(place + 7));
            }
        }
    }
}

TEST_CASE("a query may name the table as often as it likes", "[select]") {
    const Dialect twice{.select = "SELECT id FROM {table} WHERE at = (SELECT max(at) FROM {table})"};
    CHECK(select_from(twice, "\"t\"") == "SELECT id FROM \"t\" WHERE at = (SELECT max(at) FROM \"t\")");
    CHECK(select_from(twice, "\"{table}\"") ==
          "SELECT id FROM \"{table}\" WHERE at = (SELECT max(at) FROM \"{table}\")");
}

TEST_CASE("what no tool can have written as an id is told", "[select]") {
    struct Row {
        std::string id;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"ae1027a6acf", ""},
        {"0042", ""},
        {" ", ""},
        {"sch\xC3\xA9ma 'x'\"", ""},
        {std::string(kLongestId, 'x'), ""},
        {"", "an empty version"},
        {std::string(kLongestId + 1, 'x'), "a version of more than 1000 bytes"},
        {"a\nb", "a version with control characters"},
        {"\x1B[31m", "a version with control characters"},
        {"\x7F", "a version with control characters"},
        {std::string(1, '\0'), "a version with control characters"},
    };
    for (const auto& [id, expected] : rows) {
        CAPTURE(id.substr(0, 20));
        CHECK(why_no_id(id) == expected);
    }
}

TEST_CASE("the longest id leaves room for every tool's", "[select]") {
    CHECK(kLongestId >= 255);  // what the widest bookkeeping column of the tools holds
}

}  // namespace
}  // namespace schemalatch::tools
