#include "sidecar/requirement/digest.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "sidecar/requirement/baked_file.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::requirement {
namespace {

using support::needs_graph;
using support::needs_literal;
using support::needs_number;

std::string digest_of_file(std::string_view text) {
    const auto read = from_json(text, tools::Catalogue{});
    REQUIRE(read);
    return digest_of(*read);
}

TEST_CASE("a digest is sha256 and 64 hex digits", "[requirement]") {
    const auto digest = digest_of(needs_number("4"));
    CHECK(digest.starts_with("sha256:"));
    CHECK(digest.size() == 7 + 64);
    CHECK(digest.find_first_not_of("0123456789abcdef", 7) == std::string::npos);
}

TEST_CASE("a digest stays what it is from one release to the next", "[requirement]") {
    // python3: hashlib.sha256(b"7:alembic,graph\n1:b,\n1:a,\n1:b,1:a,\n").hexdigest(), and so on.
    CHECK(digest_of(needs_graph({"b"}, {{"a", {}}, {"b", {"a"}}})) ==
          "sha256:836410cf31ecacf22528eb2d94910b14695051d80ff2ebd5fe6061a992020964");
    CHECK(digest_of(needs_literal({"b"})) == "sha256:579a3428b004842b938c8132b0d4f71aa564a2134844b67aefc2cf6efeea53d0");
    CHECK(digest_of(needs_number("3", {"1", "3"})) ==
          "sha256:c9878b1ff9999d7bc647b7b841ed9c2ba1126d06365f2bb0d5644683e4a0475d");
}

TEST_CASE("the digest of a set stays what it is from one release to the next", "[requirement]") {
    // python3: e = lambda s: "%d:%s," % (len(s), s); es = lambda l: "".join(map(e, sorted(l))) + "\n"
    // item = lambda id, replaces=[], baseline="": e(id) + baseline + es(replaces)
    // hashlib.sha256((e("django") + "set\n" + es([item("a.1"), item("a.S", ["a.2", "a.3"])])).encode()).hexdigest()
    CHECK(digest_of(support::needs_set({{"a.1"}, {"a.S", {"a.2", "a.3"}}})) ==
          "sha256:30d630fc100a2ca034df8514cb4cb11e19e5412966a42b030aed552ae8f4f070");
    CHECK(digest_of(support::needs_set({{"5", {}, true}, {"R__a"}}, "flyway")) ==
          "sha256:06de4e81f132e2269786db2a87f5f9dd854c156ca9474500a976236a63bad68d");
    auto nested = support::needs_set({{"a.T", {"a.S"}}});
    std::get<gate::SetRequirement>(nested.needs).others = {{"a.S", {"a.1"}}};
    CHECK(digest_of(nested) == "sha256:1cd1fb61354693227e1170e187260cfbc37a60d2880a130cc46aadff742d3c74");
}

TEST_CASE("the same set has the same digest, in whatever order it is listed", "[requirement]") {
    const auto digest = digest_of_file(
        R"({"format":1,"tool":"django","required":["a.1","a.S"],"items":[{"id":"a.S","replaces":["a.2","a.3"]}]})");
    for (
        const auto* same : {
            R"({"format":1,"tool":"django","required":["a.S","a.1"],"items":[{"id":"a.S","replaces":["a.3","a.2"]}]})",
            R"({"format":1,"tool":"django","required":["a.S","a.1"],"items":[{"id":"a.1"},{"baseline":false,"id":"a.S","replaces":["a.3","a.2","a.3"]}]})",
            R"({"format":1,"tool":"django","required":["a.1","a.S"],"items":[{"id":"a.0"},{"id":"a.9","replaces":[]},{"id":"a.S","replaces":["a.2","a.3"]}]})",
            R"({"items":[{"id":"a.S","replaces":["a.2","a.3"],"title":"x"}],"tool":"django","required":["a.1","a.S"],"format":1,"made_by":"x"})",
        }) {
        CAPTURE(same);
        CHECK(digest_of_file(same) == digest);
    }
}

TEST_CASE("the same needs have the same digest, however the file spells and orders them", "[requirement]") {
    const auto digest = digest_of_file(
        R"({"format":1,"tool":"alembic","required":["c","d"],"graph":{"a":[],"b":[],"c":["a","b"],"d":["a"]}})");
    for (
        const auto* same : {
            R"({"graph":{"d":["a"],"c":["b","a"],"b":[],"a":[]},"required":["d","c"],"tool":"alembic","format":1})",
            R"({ "format" : 1 , "tool":"\u0061lembic","required":["c","d"],"graph":{"a":[],"b":[],"c":["a","b"],"\u0064":["a"]}, "baked_by": "x" })",
            R"({"format":1,"tool":"alembic","required":["c","d","c"],"graph":{"a":[],"b":[],"c":["a","b","a"],"d":["a"]}})",
        }) {
        CAPTURE(same);
        CHECK(digest_of_file(same) == digest);
    }
    const auto counted =
        digest_of_file(R"({"format":1,"tool":"golang-migrate","required":["3"],"items":[{"id":"1"},{"id":"3"}]})");
    CHECK(
        digest_of_file(
            R"({"format":1,"tool":"golang-migrate","required":["003"],"items":[{"id":"3","name":"x"},{"id":"01"},{"id":"1"}]})") ==
        counted);
}

TEST_CASE("where the requirement was read makes no difference", "[requirement]") {
    auto here = needs_number("4");
    auto there = needs_number("4");
    here.source = "@/here.json";
    there.digest = "sha256:0";
    CHECK(digest_of(here) == digest_of(there));
}

TEST_CASE("other needs have another digest", "[requirement]") {
    auto another_tool = needs_literal({"4"});
    another_tool.tool = "golang-migrate";
    std::vector<gate::Requirement> all{
        needs_number("4"),
        needs_number("5"),
        needs_number("45"),
        needs_number("4", {"4"}),
        needs_number("4", {"3", "4"}),
        needs_literal({"4"}),
        another_tool,
        needs_literal({"a", "b"}),
        needs_literal({"ab"}),
        needs_literal({"a,b"}),
        needs_literal({"1:a,1:b"}),
        needs_literal({"a\n1:a,"}),
        needs_graph({"a"}, {{"a", {}}}),
        needs_graph({"a"}, {{"a", {}}, {"b", {}}}),
        needs_graph({"a"}, {{"a", {"b"}}, {"b", {}}}),
        needs_graph({"b"}, {{"a", {"b"}}, {"b", {}}}),
        needs_graph({"a", "b"}, {{"a", {"b"}}, {"b", {}}}),
        needs_graph({"a"}, {{"a", {"b", "c"}}, {"b", {}}, {"c", {}}}),
        needs_graph({"a"}, {{"a", {"b"}}, {"b", {"c"}}, {"c", {}}}),
        needs_graph({"a"}, {{"a", {"bc"}}, {"bc", {}}, {"c", {}}}),
    };
    auto with_others = support::needs_set({{"a.1"}});
    std::get<gate::SetRequirement>(with_others.needs).others = {{"a.2", {"a.3"}}};
    auto sets = std::vector<gate::Requirement>{
        support::needs_set({{"a.1"}}),
        support::needs_set({{"a.1"}}, "flyway"),
        support::needs_set({{"a.1"}, {"a.2"}}),
        support::needs_set({{"a.1", {"a.2"}}}),
        support::needs_set({{"a.1", {"a.2", "a.3"}}}),
        support::needs_set({{"a.1", {"a.2"}}, {"a.3"}}),
        support::needs_set({{"a.1", {}, true}}),
        support::needs_set({{"a.1baseline"}}),
        support::needs_set({{"a.1,a.2"}}),
        with_others,
        support::needs_set({{"a.1"}, {"a.2", {"a.3"}}}),
    };
    all.insert(all.end(), sets.begin(), sets.end());
    std::set<std::string> digests;
    for (const auto& requirement : all) digests.insert(digest_of(requirement));
    CHECK(digests.size() == all.size());
}

}  // namespace
}  // namespace schemalatch::requirement
