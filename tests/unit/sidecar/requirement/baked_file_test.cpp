#include "sidecar/requirement/baked_file.h"

#include <chrono>
#include <string>
#include <vector>

#include "sidecar/requirement/digest.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::requirement {
namespace {

using gate::GraphRequirement;
using gate::NumberRequirement;
using support::needs_graph;
using support::needs_literal;
using support::needs_number;
using support::number;
using support::numbers;
using Ids = std::vector<std::string>;

gate::Requirement parsed(const std::string& text) {
    auto result = from_json(text, tools::Catalogue{});
    REQUIRE(result);
    return *result;
}

std::string error_of(std::string_view text) {
    const auto result = from_json(text, tools::Catalogue{});
    return result ? "" : result.error();
}

// A whole file of these entries beside format and tool.
std::string alembic(const std::string& rest) { return R"({"format":1,"tool":"alembic",)" + rest + "}"; }
std::string flyway(const std::string& rest) { return R"({"format":1,"tool":"flyway",)" + rest + "}"; }
std::string golang_migrate(const std::string& rest) { return R"({"format":1,"tool":"golang-migrate",)" + rest + "}"; }

// ---- Writing and reading ------------------------------------------------------------------------------------------

TEST_CASE("a baked file reads back as the requirement that was written", "[requirement]") {
    const std::vector<gate::Requirement> requirements{
        needs_graph({"b"}, {{"a", {}}, {"b", {"a"}}}),
        needs_graph({"c1", "c2"}, {{"a", {}}, {"c1", {"a"}}, {"c2", {"a", "d"}}, {"d", {}}}),
        needs_graph({"\"\\\n\x01\x7F</script>"}, {{"\"\\\n\x01\x7F</script>", {}}}),
        needs_graph({"sch\xC3\xA9ma"}, {{"sch\xC3\xA9ma", {}}}),
        needs_literal({"abc", "def"}),
        needs_number("42"),
        needs_number("20261121205100", {"1", "2", "20261121205100"}),
        needs_number("123456789012345678901234567890"),
    };
    for (const auto& written : requirements) {
        const auto read = parsed(to_json(written));
        CAPTURE(to_json(written));
        CHECK(read.tool == written.tool);
        CHECK(digest_of(read) == digest_of(written));
        CHECK(to_json(read) == to_json(written));
        CHECK(read.source.empty());
        CHECK(read.digest.empty());
    }
}

TEST_CASE("a graph requirement is written with its ancestry, parents before children", "[requirement]") {
    CHECK(to_json(needs_graph({"z"}, {{"m", {}}, {"z", {"m", "a"}}, {"a", {"m"}}})) == R"({
  "format": 1,
  "tool": "alembic",
  "required": [
    "z"
  ],
  "graph": {
    "m": [],
    "a": [
      "m"
    ],
    "z": [
      "m",
      "a"
    ]
  }
}
)");
}

TEST_CASE("a number requirement is written with every migration of the image", "[requirement]") {
    CHECK(to_json(needs_number("3", {"1", "3"})) == R"({
  "format": 1,
  "tool": "golang-migrate",
  "required": [
    "3"
  ],
  "items": [
    {
      "id": "1"
    },
    {
      "id": "3"
    }
  ]
}
)");
}

TEST_CASE("the smallest baked files are read", "[requirement]") {
    const auto graph = parsed(R"({"format":1,"tool":"alembic","required":["b"],"graph":{"a":[],"b":["a"]}})");
    CHECK(graph.tool == "alembic");
    const auto& needs = std::get<GraphRequirement>(graph.needs);
    CHECK(needs.revisions == Ids{"b"});
    REQUIRE(needs.ancestry);
    CHECK(needs.ancestry->parents() == model::Parents{{"a", {}}, {"b", {"a"}}});

    const auto bare = parsed(alembic(R"("required":["b"])"));
    CHECK_FALSE(std::get<GraphRequirement>(bare.needs).ancestry);

    const auto counted = parsed(golang_migrate(R"("required":["7"])"));
    CHECK(std::get<NumberRequirement>(counted.needs).at_least == number("7"));
    CHECK(std::get<NumberRequirement>(counted.needs).steps.empty());
}

TEST_CASE("items may stand in any order, more than once, and with zeros before them", "[requirement]") {
    const auto read = parsed(
        golang_migrate(R"("required":["010"],"items":[{"id":"10"},{"id":"2"},{"id":"002"},{"id":"9","name":"x"}])"));
    const auto& needs = std::get<NumberRequirement>(read.needs);
    CHECK(needs.at_least == number("10"));
    CHECK(needs.steps == numbers({"2", "9", "10"}));
}

TEST_CASE("entries that a newer bake may add are passed over", "[requirement]") {
    CHECK(from_json(R"({"format":1,"tool":"alembic","required":["a"],"graph":{"a":[]},"baked_by":"x","items":7})",
                    tools::Catalogue{}));
    CHECK(from_json("\xEF\xBB\xBF" + alembic(R"("required":["a"])"), tools::Catalogue{}));
}

TEST_CASE("a baked set reads back with all that there is to know of its items", "[requirement]") {
    using support::needs_set;
    auto nested = needs_set({{"shop.T", {"shop.S", "shop.2"}}});
    std::get<gate::SetRequirement>(nested.needs).others = {{"shop.S", {"shop.0", "shop.1"}}};
    auto selected = needs_set({{"1"}, {"2.1"}}, "flyway");
    selected.selection = {"2.1", {"R__*", "sch\xC3\xA9ma"}};
    const std::vector<gate::Requirement> requirements{
        needs_set({{"shop.0001_initial"}}),
        needs_set({{"auth.1"}, {"shop.S", {"shop.1", "shop.2"}}, {"shop.3"}}),
        needs_set({{"5", {}, true}, {"6"}, {"R__a b"}}, "flyway"),
        needs_set({{"2"}, {"1"}}, "flyway"),
        nested,
        selected,
    };
    for (const auto& written : requirements) {
        CAPTURE(to_json(written));
        const auto read = parsed(to_json(written));
        CHECK(read.tool == written.tool);
        CHECK(read.selection == written.selection);
        CHECK(to_json(read) == to_json(written));
        CHECK(digest_of(read) == digest_of(written));
        const auto& set = std::get<gate::SetRequirement>(read.needs);
        const auto& expected = std::get<gate::SetRequirement>(written.needs);
        CHECK(set.whole);
        REQUIRE(set.items.size() == expected.items.size());
        for (std::size_t i = 0; i < set.items.size(); ++i) {
            CHECK(set.items[i].id == expected.items[i].id);
            CHECK(set.items[i].replaces == expected.items[i].replaces);
            CHECK(set.items[i].baseline == expected.items[i].baseline);
        }
        CHECK(set.others.size() == expected.others.size());
    }
}

TEST_CASE("a set requirement is written with its ids, and items only where there is more to tell", "[requirement]") {
    auto needs = support::needs_set({{"5", {}, true}, {"6"}, {"7", {"6.1"}}}, "flyway");
    needs.selection = {"7", {"R__*"}};
    CHECK(to_json(needs) == R"({
  "format": 1,
  "tool": "flyway",
  "upto": "7",
  "exclude": [
    "R__*"
  ],
  "required": [
    "5",
    "6",
    "7"
  ],
  "items": [
    {
      "id": "5",
      "baseline": true
    },
    {
      "id": "7",
      "replaces": [
        "6.1"
      ]
    }
  ]
}
)");
    CHECK(to_json(support::needs_set({{"6"}}, "flyway")).find("items") == std::string::npos);
}

TEST_CASE("an item of a set that is not required is told for what it replaces", "[requirement]") {
    const auto read = parsed(
        R"({"format":1,"tool":"django","required":["a.T"],"items":[{"id":"a.S","replaces":["a.1"],"x":1},{"id":"a.T","replaces":["a.S"]}]})");
    const auto& needs = std::get<gate::SetRequirement>(read.needs);
    REQUIRE(needs.items.size() == 1);
    CHECK(needs.items[0].replaces == Ids{"a.S"});
    REQUIRE(needs.others.size() == 1);
    CHECK(needs.others[0].id == "a.S");
}

// ---- What is wrong with a file ------------------------------------------------------------------------------------

TEST_CASE("a file that is not a whole JSON object is told by its line", "[requirement]") {
    struct Row {
        std::string text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"", "is not JSON (line 1); bake the file again"},
        {"\n\n", "is not JSON (line 3); bake the file again"},
        {"{\n  \"format\": 1,\n", "is not JSON (line 3); bake the file again"},
        {"{\n  \"format\": 1\n  \"tool\": 2\n}\n", "is not JSON (line 3); bake the file again"},
        {"{} {}", "is not JSON (line 1); bake the file again"},
        {"{\"format\":1,}", "is not JSON (line 1); bake the file again"},
        {"{'format':1}", "is not JSON (line 1); bake the file again"},
        {"ae1027a6acf\n", "is not JSON (line 1); bake the file again"},
        {"{\"format\":1,\"tool\":\"\xFF\"}", "is not JSON (line 1); bake the file again"},
        {std::string(1000, '\0'), "is not JSON (line 1); bake the file again"},
        {std::string(100'000, '['), "nests deeper than 64 levels; bake the file again"},
        {std::string(63, '[') + "1", "is not JSON (line 1); bake the file again"},
        {R"({"format":1,"tool":"alembic","required":["b"],"required":["a"]})",
         "has the key \"required\" twice in one object; bake the file again"},
        {R"({"format":1,"tool":"alembic","required":["b"],"graph":{"a":[],"b":["a"],"b":[]}})",
         "has the key \"b\" twice in one object; bake the file again"},
        {"{\"format\":1e999}", "holds a number beyond all bounds; bake the file again"},
        {"[1]", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {"\"x\"", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {"null", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {std::string(64, '[') + std::string(64, ']'),
         "has no \"format\" number, so it is not a baked file; bake the file again"},
        {std::string(65, '[') + std::string(65, ']'), "nests deeper than 64 levels; bake the file again"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text.substr(0, 100));
        CHECK(error_of(text) == expected);
    }
}

TEST_CASE("only formats that we understand are read, and a higher one says what to do", "[requirement]") {
    struct Row {
        const char* format;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"1", ""},
        {"2", "has format 2, this schemalatch understands up to 1; use the schemalatch that baked it, or a newer one"},
        {"18446744073709551615",
         "has format 18446744073709551615, this schemalatch understands up to 1; use the schemalatch that baked it, or "
         "a newer one"},
        {"0", "has format 0, which never was one; bake the file again"},
        {"-1", "has format -1, which never was one; bake the file again"},
        {"-9223372036854775808", "has format -9223372036854775808, which never was one; bake the file again"},
        {"1.0", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {"\"1\"", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {"true", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {"null", "has no \"format\" number, so it is not a baked file; bake the file again"},
        {"[1]", "has no \"format\" number, so it is not a baked file; bake the file again"},
    };
    for (const auto& [format, expected] : rows) {
        CAPTURE(format);
        CHECK(error_of(R"({"format":)" + std::string{format} + R"(,"tool":"alembic","required":["a"]})") == expected);
    }
    CHECK(error_of("{}") == "has no \"format\" number, so it is not a baked file; bake the file again");
}

TEST_CASE("a higher format is told before anything else in the file is looked at", "[requirement]") {
    CHECK(error_of(R"({"format":2,"tool":7,"needs":"?"})").starts_with("has format 2,"));
}

TEST_CASE("a file for a tool that we do not know is refused", "[requirement]") {
    CHECK(error_of(R"({"format":1,"required":["a"]})") == "names no \"tool\"; bake the file again");
    CHECK(error_of(R"({"format":1,"tool":7,"required":["a"]})") == "names no \"tool\"; bake the file again");
    CHECK(
        error_of(R"({"format":1,"tool":"Alembic\n","required":["a"]})") ==
        R"(is for the tool "Alembic\x0a", which this schemalatch does not know; see schemalatch tools, or describe it in [[tool]])");
    CHECK(
        error_of(R"({"format":1,"tool":"auto","required":["a"]})") ==
        R"(is for the tool "auto", which this schemalatch does not know; see schemalatch tools, or describe it in [[tool]])");
}

TEST_CASE("a requirement of nothing never passes", "[requirement]") {
    for (const auto& file : {alembic(R"("required":[])"), alembic(R"("required":[],"graph":{})"),
                             golang_migrate(R"("required":[],"items":[])")}) {
        CAPTURE(file);
        CHECK(error_of(file) == "requires nothing, and nothing would ever hold a pod back; bake the file again");
    }
    CHECK(error_of(R"({"format":1,"tool":"alembic"})") == "has no \"required\" list; bake the file again");
    CHECK(error_of(alembic(R"("graph":{"a":[]})")) == "has no \"required\" list; bake the file again");
}

TEST_CASE("what is required is a list of ids", "[requirement]") {
    for (const auto* required :
         {R"("a")", "7", "null", "{}", R"({"a":1})", "[7]", R"(["a",null])", R"([["a"]])", R"(["a",""])", R"([""])"}) {
        CAPTURE(required);
        CHECK(error_of(alembic(R"("required":)" + std::string{required})) ==
              "has a \"required\" that is not a list of ids; bake the file again");
    }
}

TEST_CASE("a graph with holes or cycles, or without what is required, is refused", "[requirement]") {
    struct Row {
        const char* graph;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"null", "has a \"graph\" that is not an object; bake the file again"},
        {"[]", "has a \"graph\" that is not an object; bake the file again"},
        {R"([["b",[]]])", "has a \"graph\" that is not an object; bake the file again"},
        {"{}", R"(requires revision "b", which its "graph" does not hold; bake the file again)"},
        {R"({"a":[]})", R"(requires revision "b", which its "graph" does not hold; bake the file again)"},
        {R"({"b":"a","a":[]})",
         R"(has an entry for revision "b" in its "graph" that is not a list of ids; bake the file again)"},
        {R"({"b":null})",
         R"(has an entry for revision "b" in its "graph" that is not a list of ids; bake the file again)"},
        {R"({"b":["a",7],"a":[]})",
         R"(has an entry for revision "b" in its "graph" that is not a list of ids; bake the file again)"},
        {R"({"b":[""]})",
         R"(has an entry for revision "b" in its "graph" that is not a list of ids; bake the file again)"},
        {R"({"b":["a"]})",
         R"(has a bad "graph": revision "b" builds upon "a", which is not there; bake the file again)"},
        {R"({"b":[],"x":["y"]})",
         R"(has a bad "graph": revision "x" builds upon "y", which is not there; bake the file again)"},
        {R"({"b":["b"]})", R"(has a bad "graph": revision "b" is its own ancestor; bake the file again)"},
        {R"({"a":["b"],"b":["a"]})", R"(has a bad "graph": revision "a" is its own ancestor; bake the file again)"},
        {R"({"b":[],"x":["y"],"y":["x"]})",
         R"(has a bad "graph": revision "x" is its own ancestor; bake the file again)"},
        {R"({"b":["\u001b[31m\n"]})",
         R"(has a bad "graph": revision "b" builds upon "\x1b[31m\x0a", which is not there; bake the file again)"},
    };
    for (const auto& [graph, expected] : rows) {
        CAPTURE(graph);
        CHECK(error_of(alembic(R"("required":["b"],"graph":)" + std::string{graph})) == expected);
    }
}

TEST_CASE("a tool that keeps one number requires one number, the highest of its items", "[requirement]") {
    struct Row {
        const char* rest;
        const char* expected;
    };
    const std::vector<Row> rows{
        {R"("required":["1","2"])", "requires several numbers of a tool that keeps one; bake the file again"},
        {R"("required":["v1"])", R"(requires "v1", which is not a number; bake the file again)"},
        {R"("required":["1.5"])", R"(requires "1.5", which is not a number; bake the file again)"},
        {R"("required":[" 1"])", R"(requires " 1", which is not a number; bake the file again)"},
        {R"("required":[1])", R"(has a "required" that is not a list of ids; bake the file again)"},
        {R"("required":["-5"])", R"(requires "-5", which is below 0, where no migration stands; bake the file again)"},
        {R"("required":["2"],"items":[{"id":"-1"},{"id":"2"}])",
         R"(has the item "-1", which is below 0, where no migration stands; bake the file again)"},
        {R"("required":["2"],"items":{})", R"(has "items" that are not a list; bake the file again)"},
        {R"("required":["2"],"items":null)", R"(has "items" that are not a list; bake the file again)"},
        {R"("required":["2"],"items":["2"])", R"(has "items" of which one has no id; bake the file again)"},
        {R"("required":["2"],"items":[{"id":2}])", R"(has "items" of which one has no id; bake the file again)"},
        {R"("required":["2"],"items":[{}])", R"(has "items" of which one has no id; bake the file again)"},
        {R"("required":["2"],"items":[{"id":"two"}])",
         R"(has the item "two", which is not a number; bake the file again)"},
        {R"("required":["2"],"items":[{"id":"1"}])",
         "requires another number than its highest item; bake the file again"},
        {R"("required":["2"],"items":[{"id":"2"},{"id":"3"}])",
         "requires another number than its highest item; bake the file again"},
    };
    for (const auto& [rest, expected] : rows) {
        CAPTURE(rest);
        CHECK(error_of(golang_migrate(rest)) == expected);
    }
}

TEST_CASE("a set holds nothing but ids of its tool, also where an item only tells what it replaces", "[requirement]") {
    struct Row {
        const char* tool;
        const char* rest;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"django", R"("required":["0001"])", R"(names "0001", which names no migration of django; write app.name)"},
        {"django", R"("required":["shop."])", R"(names "shop.", which names no migration of django; write app.name)"},
        {"django", R"("required":[".a"])", R"(names ".a", which names no migration of django; write app.name)"},
        {"django", R"("required":["a.b"],"items":[{"id":"b"}])",
         R"(names "b", which names no migration of django; write app.name)"},
        {"django", R"("required":["a.b"],"items":[{"id":"a.b","replaces":["b"]}])",
         R"(names "b", which names no migration of django; write app.name)"},
        {"django", R"("required":["a.b"],"items":[{"id":"a.b","replaces":"a.c"}])",
         R"(has an item "a.b" with a "replaces" that is not a list of ids)"},
        {"django", R"("required":["a.b"],"items":[{"id":"a.b","replaces":[7]}])",
         R"(has an item "a.b" with a "replaces" that is not a list of ids)"},
        {"django", R"("required":["a.b"],"items":[{"replaces":["a.c"]}])", R"(has "items" of which one has no id)"},
        {"django", R"("required":["a.b"],"items":7)", R"(has "items" that are not a list)"},
        {"flyway", R"("required":["1."])", R"(names "1.", which is not a version of flyway)"},
        {"flyway", R"("required":["1","x"])", R"(names "x", which is not a version of flyway)"},
        {"flyway", R"("required":["1"],"items":[{"id":"x","replaces":["1"]}])",
         R"(names "x", which is not a version of flyway)"},
        {"flyway", R"("required":["1"],"items":[{"id":"","baseline":true}])",
         R"(names "", which is not a version of flyway)"},
        {"flyway", R"("required":["1"],"items":[{"id":"1","baseline":"yes"}])",
         R"(has an item "1" whose "baseline" is not true or false)"},
        {"flyway", R"("required":["1"],"upto":7)", R"(has an "upto" that is not a version)"},
        {"flyway", R"("required":["1"],"exclude":"1")", R"(has an "exclude" that is not a list of ids)"},
        {"flyway", R"("required":["1"],"exclude":[""])", R"(has an "exclude" that is not a list of ids)"},
    };
    for (const auto& [tool, rest, expected] : rows) {
        CAPTURE(tool, rest);
        CHECK(error_of(R"({"format":1,"tool":")" + std::string{tool} + "\"," + rest + "}") ==
              std::string{expected} + "; bake the file again");
    }
}

TEST_CASE("a migration of a set is told of once", "[requirement]") {
    struct Row {
        const char* rest;
        const char* expected;
    };
    const std::vector<Row> rows{
        {R"("required":["1","2","1"])", R"(requires "1" twice; bake the file again)"},
        {R"("required":["1","1.0"])", R"(requires "1.0" twice; bake the file again)"},
        {R"("required":["1"],"items":[{"id":"1"},{"id":"1","baseline":true}])",
         R"(has two items "1"; bake the file again)"},
        {R"("required":["1"],"items":[{"id":"2"},{"id":"2.0"}])", R"(has two items "2.0"; bake the file again)"},
        {R"("required":["1"],"items":[{"id":"one"}])",
         R"(names "one", which is not a version of flyway; bake the file again)"},
    };
    for (const auto& [rest, expected] : rows) {
        CAPTURE(rest);
        CHECK(error_of(flyway(rest)) == expected);
    }
    const auto read = parsed(flyway(R"("required":["5"],"items":[{"id":"5.0","baseline":true}])"));
    const auto& items = std::get<gate::SetRequirement>(read.needs).items;
    REQUIRE(items.size() == 1);
    CHECK(items.front().id == "5");
    CHECK(items.front().baseline);
}

TEST_CASE("what lies too deep in an entry that is passed over ends the reading and not the process", "[requirement]") {
    constexpr std::size_t kLevels = 20'000;
    const std::string deep = std::string(kLevels, '[') + std::string(kLevels, ']');
    CHECK(error_of(flyway(R"("required":["1"],"items":[{"id":"1","note":)" + deep + "}]")) ==
          "nests deeper than 64 levels; bake the file again");
}

std::string ids_up_to(std::size_t count) {
    std::string list;
    for (std::size_t i = 1; i <= count; ++i) list += (i == 1 ? "\"" : ",\"") + std::to_string(i) + "\"";
    return "[" + list + "]";
}

TEST_CASE("as many migrations are read as a table may hold, and no more", "[requirement][large]") {
    constexpr std::size_t kMost = 200'000;
    const std::string most = ids_up_to(kMost);
    const auto read = parsed(flyway(R"("required":)" + most));
    CHECK(std::get<gate::SetRequirement>(read.needs).items.size() == kMost);
    CHECK_FALSE(digest_of(read).empty());
    CHECK(error_of(flyway(R"("required":)" + ids_up_to(kMost + 1))) ==
          "has 200001 entries in \"required\", and no table of more than 200000 migrations is read; bake the file "
          "again");
}

TEST_CASE("no part of a baked file can be left out unnoticed", "[requirement]") {
    const auto whole = to_json(needs_graph({"c", "d"}, {{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"b"}}}));
    for (std::size_t length = 0; length < whole.find_last_of('}'); ++length) {
        CAPTURE(length);
        CHECK_FALSE(from_json(whole.substr(0, length), tools::Catalogue{}));
    }
}

}  // namespace
}  // namespace schemalatch::requirement
