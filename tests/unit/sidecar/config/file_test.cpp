#include "sidecar/config/file.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::config {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

struct Outcome {
    Config config;
    Problems problems;
};

Outcome read(std::string_view text, const std::string& path = "gate.toml") {
    Outcome outcome;
    read_file(text, path, outcome.config, outcome.problems);
    return outcome;
}

TEST_CASE("a file describes the top level and each dependency", "[config]") {
    const auto [config, problems] = read(R"(
[http]
listen = "127.0.0.1:80"
detail = false

[[dependency]]
name = "orders"
url = "postgresql://orders_ro@db/orders"
tool = "alembic"
require = "@/schema/required.json"
interval = "2s"
interval_ready = "1m"
deadline = "500ms"
hold = "1h30m"
standby_limit = "5m"
unknown_revision = "fail"
enforce = false
table = "versions"
schema = "app"
password_file = "/run/password"

[[dependency]]
name = "billing"
url_file = "/run/url"
hold = "forever"
)");
    CHECK(problems.empty());
    CHECK(config.http.listen == "127.0.0.1:80");
    CHECK_FALSE(config.http.detail);
    REQUIRE(config.dependencies.size() == 2);
    const auto& orders = config.dependencies[0];
    CHECK(orders.name == "orders");
    CHECK(orders.url == "postgresql://orders_ro@db/orders");
    CHECK(orders.tool == "alembic");
    CHECK(orders.require == "@/schema/required.json");
    CHECK(orders.pace.interval == 2s);
    CHECK(orders.pace.interval_ready == 1min);
    CHECK(orders.deadline == 500ms);
    CHECK(orders.gate.hold == 90min);
    CHECK(orders.gate.standby_limit == 5min);
    CHECK(orders.unknown_revision == gate::UnknownRevision::fail);
    CHECK_FALSE(orders.enforce);
    CHECK(orders.table == "versions");
    CHECK(orders.schema == "app");
    CHECK(orders.password_file == "/run/password");
    CHECK(config.dependencies[1].name == "billing");
    CHECK(config.dependencies[1].url_file == "/run/url");
    CHECK(config.dependencies[1].gate.hold == std::nullopt);
    CHECK(config.dependencies[1].enforce);
}

TEST_CASE("an empty file is a file without settings", "[config]") {
    for (const auto* text : {"", "\n\n", "# only a comment\n", "[http]\n"}) {
        CAPTURE(text);
        const auto [config, problems] = read(text);
        CHECK(problems.empty());
        CHECK(config.dependencies.empty());
        CHECK(config.http.listen == HttpSettings{}.listen);
    }
}

TEST_CASE("each dependency remembers where it was described", "[config]") {
    const auto config = read("\n[[dependency]]\n\n[[dependency]]\nname = \"b\"\n").config;
    REQUIRE(config.dependencies.size() == 2);
    CHECK(config.dependencies[0].origin == "gate.toml:2");
    CHECK(config.dependencies[1].origin == "gate.toml:4");
}

TEST_CASE("a bare whole number will do as text", "[config]") {
    CHECK(read("[[dependency]]\nrequire = 42\n").config.dependencies.at(0).require == "42");
    CHECK(read("[[dependency]]\nrequire = 20261121205100\n").config.dependencies.at(0).require == "20261121205100");
    CHECK(read("[[dependency]]\nrequire = -1\n").config.dependencies.at(0).require == "-1");
}

TEST_CASE("a value of the wrong kind is a problem that says the right one", "[config]") {
    struct Row {
        const char* text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"[http]\nlisten = true", "gate.toml:2: listen: must be text in quotes"},
        {"[http]\ndetail = \"true\"", "gate.toml:2: detail: must be true or false"},
        {"[http]\ndetail = 1", "gate.toml:2: detail: must be true or false"},
        {"[[dependency]]\nrequire = 1.5", "gate.toml:2: require: must be text in quotes"},
        {"[[dependency]]\nrequire = 2026-11-21", "gate.toml:2: require: must be text in quotes"},
        {"[[dependency]]\nrequire = [\"a\", \"b\"]", "gate.toml:2: require: must be text in quotes"},
        {"[[dependency]]\ntool = { name = \"alembic\" }", "gate.toml:2: tool: must be text in quotes"},
        {"[[dependency]]\ninterval = 10", "gate.toml:2: interval: must be a duration in quotes, such as \"10s\""},
        {"[[dependency]]\nhold = 00:10:00", "gate.toml:2: hold: must be a duration in quotes, such as \"10s\""},
        {"[[dependency]]\ndeadline = false", "gate.toml:2: deadline: must be a duration in quotes, such as \"10s\""},
        {"http = 7355", "gate.toml:1: http must be a table; write [http]"},
        {"[[http]]\nlisten = \"x\"", "gate.toml:1: http must be a table; write [http]"},
        {"dependency = \"orders\"", "gate.toml:1: dependency must be a list of tables; write [[dependency]]"},
        {"dependency = []", "gate.toml:1: dependency must be a list of tables; write [[dependency]]"},
        {"dependency = [{}, 1]", "gate.toml:1: dependency must be a list of tables; write [[dependency]]"},
        {"[dependency]\nname = \"orders\"", "gate.toml:1: dependency must be a list of tables; write [[dependency]]"},
        {"[dependency.orders]\nurl = \"x\"", "gate.toml:1: dependency must be a list of tables; write [[dependency]]"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        CHECK(read(text).problems == Lines{expected});
    }
}

TEST_CASE("a bad value is a problem with file, line and key", "[config]") {
    CHECK(read("[[dependency]]\n\ninterval = \"soon\"\n").problems ==
          Lines{R"(gate.toml:3: interval: "soon" is not a duration; write one such as 250ms, 10s or 1h30m)"});
    CHECK(read("[[dependency]]\nurl = \"postgresql://u:s3cret@h/db\\u0000\"\n").problems ==
          Lines{"gate.toml:2: url: holds a NUL character; take it out"});
}

TEST_CASE("a URL stands in one place", "[config]") {
    CHECK(read("[[dependency]]\nurl_file = \"/run/url\"\nurl = \"x\"\n").problems ==
          Lines{"gate.toml:2: url_file: stands beside url; leave one of them out"});
    CHECK(read("[[dependency]]\nurl_file = \"/run/url\"\nurl = \"\"\n").config.dependencies.at(0).url_file ==
          "/run/url");
    CHECK(read("[[dependency]]\nurl_file = \"\"\nurl = \"x\"\n").config.dependencies.at(0).url == "x");
}

TEST_CASE("an unknown key is a problem, with the nearest known one", "[config]") {
    struct Row {
        const char* text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"[htpp]", R"(gate.toml:1: unknown key "htpp"; did you mean "http"?)"},
        {"[[dependencies]]", R"(gate.toml:1: unknown key "dependencies"; did you mean "dependency"?)"},
        {"answer.bar = 1", R"(gate.toml:1: unknown key "answer")"},
        {"[[tol]]", R"(gate.toml:1: unknown key "tol"; did you mean "tool"?)"},
        {"\nhttp.lisen = \"x\"", R"(gate.toml:2: unknown key "lisen" in [http]; did you mean "listen"?)"},
        {"[[dependency]]\nintervall = \"1s\"",
         R"(gate.toml:2: unknown key "intervall" in [[dependency]]; did you mean "interval"?)"},
        {"[[dependency]]\nINTERVAL = \"1s\"", R"(gate.toml:2: unknown key "INTERVAL" in [[dependency]])"},
        {"[[dependency]]\npassword = \"s3cret\"", R"(gate.toml:2: unknown key "password" in [[dependency]])"},
        {"[[dependency]]\n\"\" = 1", R"(gate.toml:2: unknown key "" in [[dependency]])"},
        {"[[dependency]]\n\"\\u001b[31m\\n\" = 1", R"(gate.toml:2: unknown key "\x1b[31m\x0a" in [[dependency]])"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        CHECK(read(text).problems == Lines{expected});
    }
}

TEST_CASE("a known key under the wrong header is told where it belongs", "[config]") {
    struct Row {
        const char* text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"url = \"x\"", R"(gate.toml:1: unknown key "url"; it belongs under [[dependency]])"},
        {"listen = \"x\"", R"(gate.toml:1: unknown key "listen"; it belongs under [http])"},
        {"[http]\nurl = \"x\"", R"(gate.toml:2: unknown key "url" in [http]; it belongs under [[dependency]])"},
        {"[[dependency]]\nlisten = \"x\"",
         R"(gate.toml:2: unknown key "listen" in [[dependency]]; it belongs under [http])"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        CHECK(read(text).problems == Lines{expected});
    }
}

TEST_CASE("all problems are told together, from the file's top to its end", "[config]") {
    CHECK(read(R"([[dependency]]
zzz = 1
hold = 3
name = "a b"

[htp]

[[dependency]]
enforce = "yes"
aaa = 1

[http]
listen = 80.5
)")
              .problems ==
          Lines{
              R"(gate.toml:2: unknown key "zzz" in [[dependency]])",
              R"(gate.toml:3: hold: must be a duration in quotes, such as "10s")",
              R"(gate.toml:4: name: "a b" is not a name; use 1 to 63 letters, digits, '-', '_' and '.')",
              R"(gate.toml:6: unknown key "htp"; did you mean "http"?)",
              R"(gate.toml:9: enforce: must be true or false)",
              R"(gate.toml:10: unknown key "aaa" in [[dependency]])",
              R"(gate.toml:13: listen: must be text in quotes)",
          });
}

TEST_CASE("what is right beside a problem is still read", "[config]") {
    const auto [config, problems] = read("[[dependency]]\nurl = \"x\"\nbogus = 1\ntool = \"alembic\"\n");
    CHECK(problems.size() == 1);
    CHECK(config.dependencies.at(0).url == "x");
    CHECK(config.dependencies.at(0).tool == "alembic");
}

TEST_CASE("what is not TOML is one problem with its line", "[config]") {
    struct Row {
        const char* text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"[[dependency]]\nurl : \"x\"\n", "gate.toml:2: not TOML: "},
        {"[[dependency]]\nname = \"a\"\nname = \"b\"\n", "gate.toml:3: not TOML: "},
        {"[[dependency\n", "gate.toml:1: not TOML: "},
        {"\n\nurl = \"unfinished\n", "gate.toml:3: not TOML: "},
        {"x = \xFF\n", "gate.toml:1: not TOML: "},
        {"x = \"a\\qb\"\n", "gate.toml:1: not TOML: "},
        {"x = 99999999999999999999\n", "gate.toml:1: not TOML: "},
        {"{\"json\": true}\n", "gate.toml:1: not TOML: "},
        {"\x7F"
         "ELF",
         "gate.toml:1: not TOML: "},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        const auto problems = read(text).problems;
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].starts_with(expected));
        CHECK(problems[0].find('\n') == std::string::npos);
    }
}

TEST_CASE("a URL that is not in quotes, or not finished, is never repeated", "[config]") {
    for (const auto* line :
         {"url = postgresql://u:s3cret@h/db", "url = \"postgresql://u:s3cret@h/db", "url = 'postgresql://u:s3cret@h/db",
          "url : \"postgresql://u:s3cret@h/db\"", "url \"postgresql://u:s3cret@h/db\"", "postgresql://u:s3cret@h/db",
          "url = s3cret", "url = \"\"\"postgresql://u:s3cret@h/db", "url = \"s3cret\" s3cret", "url = [\"s3cret\"",
          "url = { password = \"s3cret\"", "url = [\"s3cret\"]", "url = {password = \"s3cret\"}"}) {
        CAPTURE(line);
        const auto problems = read("[[dependency]]\n" + std::string{line} + "\n").problems;
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].find("s3cret") == std::string::npos);
    }
}

TEST_CASE("lines may end as Windows ends them", "[config]") {
    const auto [config, problems] = read("[[dependency]]\r\nurl = \"x\"\r\nbogus = 1\r\n");
    CHECK(problems == Lines{R"(gate.toml:3: unknown key "bogus" in [[dependency]])"});
    CHECK(config.dependencies.at(0).url == "x");
}

TEST_CASE("arrays nested without end are refused, and nothing breaks", "[config]") {
    CHECK(read("x = " + std::string(100'000, '[')).problems.size() == 1);
}

TEST_CASE("the file's own name is shown in one printable line", "[config]") {
    CHECK(read("[htp]", "a\n\x1B[31m.toml").problems ==
          Lines{R"(a\x0a\x1b[31m.toml:1: unknown key "htp"; did you mean "http"?)"});
    CHECK(read("x", "a\nb.toml").problems.at(0).starts_with("a\\x0ab.toml:1: not TOML: "));
}

TEST_CASE("a key of a hundred thousand parts is refused by its line, in whatever place", "[config]") {
    std::string parts = "a";
    for (int i = 0; i < 100'000; ++i) parts += ".a";
    for (const auto& line : {parts + " = 1", "[" + parts + "]", "[[" + parts + "]]"}) {
        CHECK(read("\n" + line + "\n").problems ==
              Lines{"gate.toml:2: a key of so many parts is none of ours; take it out"});
    }
    CHECK(read("# " + parts + "\n").problems.empty());
    CHECK(read("[[dependency]]\nurl = \"" + parts + "\"\n").problems.empty());
}

}  // namespace
}  // namespace schemalatch::config
