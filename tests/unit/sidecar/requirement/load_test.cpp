#include "sidecar/requirement/load.h"

#include <string>
#include <vector>

#include "probes/tools/catalogue.h"
#include "sidecar/requirement/baked_file.h"
#include "sidecar/requirement/digest.h"
#include "tests/support/catch.h"
#include "tests/support/known_tools.h"
#include "tests/support/requirements.h"
#include "tests/support/scratch.h"

namespace schemalatch::requirement {
namespace {

using gate::GraphRequirement;
using gate::NumberRequirement;
using support::alembic;
using support::golang_migrate;
using support::needs_graph;
using support::needs_number;
using support::Scratch;
using Ids = std::vector<std::string>;

gate::Requirement loaded(const std::string& text, const tools::ToolPtr& tool) {
    auto result = load(text, tool.get(), tools::Catalogue{});
    REQUIRE(result);
    return *result;
}

std::string error_of(const std::string& text, const tools::ToolPtr& tool) {
    const auto result = load(text, tool.get(), tools::Catalogue{});
    return result ? "" : result.error();
}

// ---- Literals -----------------------------------------------------------------------------------------------------

TEST_CASE("a literal is one id, or several joined by commas", "[requirement]") {
    const auto one = loaded("ae1027a6acf", alembic());
    CHECK(one.tool == "alembic");
    CHECK(one.source == "ae1027a6acf");
    CHECK(one.digest == digest_of(one));
    CHECK(std::get<GraphRequirement>(one.needs).revisions == Ids{"ae1027a6acf"});
    CHECK_FALSE(std::get<GraphRequirement>(one.needs).ancestry);
    CHECK(std::get<GraphRequirement>(loaded("a,b,c", alembic()).needs).revisions == Ids{"a", "b", "c"});
}

TEST_CASE("a literal of a tool that counts is one number of any length", "[requirement]") {
    const auto one = loaded("007", golang_migrate());
    CHECK(one.tool == "golang-migrate");
    CHECK(one.source == "007");
    CHECK(one.digest == digest_of(needs_number("7")));
    CHECK(std::get<NumberRequirement>(one.needs).at_least == support::number("7"));
    CHECK(std::get<NumberRequirement>(one.needs).steps.empty());
    CHECK(load("123456789012345678901234567890", golang_migrate().get(), tools::Catalogue{}));
}

TEST_CASE("a literal that is no version is refused, with what one looks like", "[requirement]") {
    struct Row {
        tools::ToolPtr tool;
        const char* text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {alembic(), "", R"("" is not a version, nor several joined by commas without blanks)"},
        {alembic(), ",", R"("," is not a version, nor several joined by commas without blanks)"},
        {alembic(), "a,", R"("a," is not a version, nor several joined by commas without blanks)"},
        {alembic(), ",a", R"(",a" is not a version, nor several joined by commas without blanks)"},
        {alembic(), "a,,b", R"("a,,b" is not a version, nor several joined by commas without blanks)"},
        {alembic(), "a, b", R"("a, b" is not a version, nor several joined by commas without blanks)"},
        {alembic(), " a", R"(" a" is not a version, nor several joined by commas without blanks)"},
        {alembic(), "a\n", R"("a\x0a" is not a version, nor several joined by commas without blanks)"},
        {alembic(), "a\tb", R"("a\x09b" is not a version, nor several joined by commas without blanks)"},
        {golang_migrate(), "", R"("" is not a number, which golang-migrate counts in; for a baked file write @FILE)"},
        {golang_migrate(), "1,2",
         R"("1,2" is not a number, which golang-migrate counts in; for a baked file write @FILE)"},
        {golang_migrate(), "1\n",
         R"("1\x0a" is not a number, which golang-migrate counts in; for a baked file write @FILE)"},
        {golang_migrate(), "v3",
         R"("v3" is not a number, which golang-migrate counts in; for a baked file write @FILE)"},
        {golang_migrate(), "/schema/required.json",
         R"("/schema/required.json" is not a number, which golang-migrate counts in; for a baked file write @FILE)"},
        {golang_migrate(), "-5",
         R"("-5" is below 0, where no migration of golang-migrate stands; write the number that the image needs)"},
        {nullptr, "a, b", R"("a, b" is not a version, nor several joined by commas without blanks)"},
    };
    for (const auto& [tool, text, expected] : rows) {
        CAPTURE(text);
        CHECK(error_of(text, tool) == expected);
    }
}

// ---- Baked files --------------------------------------------------------------------------------------------------

TEST_CASE("a baked file names its own tool, and is remembered by its path", "[requirement]") {
    const Scratch scratch;
    const auto baked = needs_graph({"b"}, {{"a", {}}, {"b", {"a"}}});
    const auto source = "@" + scratch.write("required.json", to_json(baked));
    for (const auto& tool : {tools::ToolPtr{}, alembic()}) {
        const auto read = loaded(source, tool);
        CHECK(read.tool == "alembic");
        CHECK(read.source == source);
        CHECK(read.digest == digest_of(baked));
        CHECK(to_json(read) == to_json(baked));
    }
}

TEST_CASE("a baked file of another tool than the configured one is refused", "[requirement]") {
    const Scratch scratch;
    const auto file = scratch.write("required.json", to_json(needs_number("3", {"3"})));
    CHECK(error_of("@" + file, alembic()) ==
          file + " was baked for golang-migrate, but tool says alembic; leave tool out, or bake with --tool alembic");
}

TEST_CASE("a baked file that is missing or cannot be read is refused", "[requirement]") {
    const Scratch scratch;
    CHECK(error_of("@" + scratch.path("none.json"), nullptr) ==
          scratch.path("none.json") + ": No such file or directory; put the baked file there, or correct the path");
    CHECK(error_of("@" + scratch.folder(), nullptr) ==
          scratch.folder() + ": Is a directory; put the baked file there, or correct the path");
    CHECK(error_of("@", nullptr) == "\"@\" names no file; write @FILE");
    CHECK(error_of("@none\n\x1B", nullptr) ==
          "none\\x0a\\x1b: No such file or directory; put the baked file there, or correct the path");
}

TEST_CASE("what is wrong with a baked file is told with its path", "[requirement]") {
    const Scratch scratch;
    const auto empty = scratch.write("empty.json", "");
    CHECK(error_of("@" + empty, nullptr) == empty + " is not JSON (line 1); bake the file again");
    const auto newer = scratch.write("newer.json", R"({"format":2})");
    CHECK(error_of("@" + newer, alembic()) ==
          newer +
              " has format 2, this schemalatch understands up to 1; use the schemalatch that baked it, or a newer one");
}

}  // namespace
}  // namespace schemalatch::requirement
