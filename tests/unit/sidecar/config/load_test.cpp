#include "sidecar/config/load.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::config {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;
using support::Scratch;

constexpr std::string_view kTwo = R"([[dependency]]
name = "orders"
url = "postgresql://file/orders"

[[dependency]]
name = "billing"
url = "postgresql://file/billing"
)";

Config loaded(const Sources& sources) {
    auto result = load(sources);
    REQUIRE(result);
    return result->config;
}

Problems problems_of(const Sources& sources) {
    auto result = load(sources);
    REQUIRE_FALSE(result);
    return result.error();
}

TEST_CASE("with nothing configured there is one dependency, named database, at its defaults", "[config]") {
    const auto config = loaded({});
    REQUIRE(config.dependencies.size() == 1);
    CHECK(config.dependencies[0].name == "database");
    CHECK(config.dependencies[0].url.empty());
    CHECK(config.dependencies[0].origin.empty());
    CHECK(config.http.listen == "[::]:7355");
}

TEST_CASE("without a file the flags, or the environment, describe the one dependency", "[config]") {
    const auto by_flags = loaded({.flags = {{"url", "sqlite:////app.db"}, {"tool", "alembic"}, {"require", "abc"}}});
    CHECK(by_flags.dependencies.at(0).url == "sqlite:////app.db");
    CHECK(by_flags.dependencies.at(0).tool == "alembic");
    CHECK(by_flags.dependencies.at(0).require == "abc");

    const auto by_environment =
        loaded({.environment = {"SCHEMALATCH_URL=sqlite:////app.db", "SCHEMALATCH_TOOL=alembic"}});
    CHECK(by_environment.dependencies.at(0).url == "sqlite:////app.db");
    CHECK(by_environment.dependencies.at(0).tool == "alembic");
}

TEST_CASE("flags win over the environment, the environment over the file", "[config]") {
    const Scratch scratch;
    const auto file = scratch.write("gate.toml", R"([http]
listen = "file:1"
[[dependency]]
url = "file"
tool = "file"
require = "file"
)");
    const auto config = loaded({.file = file,
                                .environment = {"SCHEMALATCH_TOOL=environment", "SCHEMALATCH_REQUIRE=environment",
                                                "SCHEMALATCH_LISTEN=environment:1"},
                                .flags = {{"require", "flag"}, {"listen", "flag:1"}}});
    CHECK(config.dependencies.at(0).url == "file");
    CHECK(config.dependencies.at(0).tool == "environment");
    CHECK(config.dependencies.at(0).require == "flag");
    CHECK(config.http.listen == "flag:1");
}

TEST_CASE("an empty flag still wins, an empty variable does not", "[config]") {
    const Scratch scratch;
    const auto file = scratch.write("gate.toml", "[[dependency]]\nurl = \"file\"\ntool = \"file\"\n");
    const auto config = loaded({.file = file, .environment = {"SCHEMALATCH_TOOL="}, .flags = {{"url", ""}}});
    CHECK(config.dependencies.at(0).url.empty());
    CHECK(config.dependencies.at(0).tool == "file");
}

TEST_CASE("a URL from a stronger source replaces a weaker one's, whether as url or as url_file", "[config]") {
    const Scratch scratch;
    const auto file = scratch.write("gate.toml", "[[dependency]]\nurl_file = \"/file\"\n");
    const auto by_environment = loaded({.file = file, .environment = {"SCHEMALATCH_URL=environment"}});
    CHECK(by_environment.dependencies.at(0).url == "environment");
    CHECK(by_environment.dependencies.at(0).url_file.empty());
    const auto by_flag = loaded({.environment = {"SCHEMALATCH_URL_FILE=/environment"}, .flags = {{"url", "flag"}}});
    CHECK(by_flag.dependencies.at(0).url == "flag");
    CHECK(by_flag.dependencies.at(0).url_file.empty());
}

TEST_CASE("a file without a dependency may leave it to environment and flags", "[config]") {
    const Scratch scratch;
    const auto config =
        loaded({.file = scratch.write("gate.toml", "[http]\ndetail = false\n"), .flags = {{"url", "x"}}});
    CHECK_FALSE(config.http.detail);
    REQUIRE(config.dependencies.size() == 1);
    CHECK(config.dependencies[0].name == "database");
    CHECK(config.dependencies[0].url == "x");
}

TEST_CASE("a file that cannot be read is a problem that says how to name another", "[config]") {
    const Scratch scratch;
    CHECK(problems_of({.file = scratch.path("missing.toml")}) ==
          Lines{scratch.path("missing.toml") + ": No such file or directory; correct --config or SCHEMALATCH_CONFIG"});
    CHECK(problems_of({.file = scratch.folder()}) ==
          Lines{scratch.folder() + ": Is a directory; correct --config or SCHEMALATCH_CONFIG"});
}

TEST_CASE("problems of file, environment and flags are told together", "[config]") {
    const Scratch scratch;
    const auto file =
        scratch.write("gate.toml", "[[dependency]]\nbogus = 1\nname = \"a\"\n[[dependency]]\nname = \"a\"\n");
    CHECK(
        problems_of(
            {.file = file, .environment = {"SCHEMALATCH_HOLD=x", "SCHEMALATCH_DETAIL=x"}, .flags = {{"tool", "x"}}}) ==
        Lines{
            file + R"(:2: unknown key "bogus" in [[dependency]])",
            R"(SCHEMALATCH_HOLD: "x" is not a duration; write one such as 250ms, 10s or 1h30m, or forever)",
            R"(SCHEMALATCH_HOLD: fits one dependency, but several are configured; write SCHEMALATCH_<NAME>__HOLD)",
            R"(SCHEMALATCH_DETAIL: "x" is not true or false)",
            file + R"(:4: a second dependency is named "a"; give each its own name)",
            "--tool: fits one dependency, but several are configured; name one with --dependency, or set it in the "
            "file",
        });
}

TEST_CASE("warnings do not stop the loading", "[config]") {
    const auto result = load({.environment = {"SCHEMALATCH_BOGUS=x", "SCHEMALATCH_SERVICE_HOST=x"}});
    REQUIRE(result);
    CHECK(result->warnings == Lines{"unknown environment variable SCHEMALATCH_BOGUS is ignored"});
}

// ---- Several dependencies -----------------------------------------------------------------------------------------

TEST_CASE("each of several dependencies has its own name", "[config]") {
    const Scratch scratch;
    const auto unnamed =
        scratch.write("unnamed.toml", "[[dependency]]\n[[dependency]]\n\n[[dependency]]\nname = \"database\"\n");
    CHECK(problems_of({.file = unnamed}) ==
          Lines{
              unnamed + R"(:2: a second dependency is named "database"; give each its own name)",
              unnamed + R"(:4: a second dependency is named "database"; give each its own name)",
          });
    const auto two = scratch.write("two.toml", kTwo);
    CHECK(problems_of({.file = two, .environment = {"SCHEMALATCH_BILLING__NAME=orders"}}) ==
          Lines{two + R"(:5: a second dependency is named "orders"; give each its own name)"});
}

TEST_CASE("names that were refused are not compared", "[config]") {
    const Scratch scratch;
    const auto file =
        scratch.write("gate.toml", "[[dependency]]\nname = \"a b\"\n[[dependency]]\nname = \"a b\"\n[[dependency]]\n");
    CHECK(problems_of({.file = file}).size() == 2);
}

TEST_CASE("environment variables reach each of several dependencies by its name", "[config]") {
    const Scratch scratch;
    const auto config =
        loaded({.file = scratch.write("two.toml", kTwo), .environment = {"SCHEMALATCH_BILLING__URL=environment"}});
    CHECK(config.dependencies.at(0).url == "postgresql://file/orders");
    CHECK(config.dependencies.at(1).url == "environment");
}

TEST_CASE("a dependency that was named is the only one that matters, and flags mean it", "[config]") {
    const Scratch scratch;
    const auto config =
        loaded({.file = scratch.write("two.toml", kTwo), .flags = {{"url", "flag"}}, .dependency = "billing"});
    REQUIRE(config.dependencies.size() == 1);
    CHECK(config.dependencies[0].name == "billing");
    CHECK(config.dependencies[0].url == "flag");
}

TEST_CASE("the others are still checked", "[config]") {
    const Scratch scratch;
    const auto file = scratch.write("two.toml", std::string{kTwo} + "hold = 1\n");
    CHECK(problems_of({.file = file, .dependency = "orders"}) ==
          Lines{file + ":8: hold: must be a duration in quotes, such as \"10s\""});
}

TEST_CASE("a name that no dependency has is one problem, which lists those that there are", "[config]") {
    const Scratch scratch;
    const auto two = scratch.write("two.toml", kTwo);
    const Lines expected{R"(--dependency: there is none named "order"; there is: orders, billing)"};
    CHECK(problems_of({.file = two, .dependency = "order"}) == expected);
    CHECK(problems_of({.file = two, .flags = {{"url", "x"}, {"tool", "x"}}, .dependency = "order"}) == expected);
    CHECK(problems_of({.dependency = "orders"}) ==
          Lines{R"(--dependency: there is none named "orders"; there is: database)"});
}

TEST_CASE("which dependencies there are is not told of a file that cannot be read", "[config]") {
    const Scratch scratch;
    CHECK(problems_of({.file = scratch.path("missing.toml"), .dependency = "orders"}).size() == 1);
    CHECK(problems_of({.file = scratch.write("bad.toml", "nonsense"), .flags = {{"url", "x"}}, .dependency = "orders"})
              .size() == 1);
}

}  // namespace
}  // namespace schemalatch::config
