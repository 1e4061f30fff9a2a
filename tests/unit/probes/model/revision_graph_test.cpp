#include "probes/model/revision_graph.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::model {
namespace {

using support::graph;
using Ids = std::vector<std::string>;

Ids ids(const Revisions& revisions) { return {revisions.begin(), revisions.end()}; }

// What make() says against these parents; empty: nothing.
std::string objection(Parents parents) {
    const auto made = RevisionGraph::make(std::move(parents));
    return made ? "" : made.error();
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a graph lists every revision after all its parents, ties by id", "[graph]") {
    struct Row {
        Parents parents;
        Ids order;
    };
    const std::vector<Row> rows{
        {{}, {}},
        {{{"a", {}}}, {"a"}},
        {{{"z", {}}, {"y", {"z"}}, {"x", {"y"}}}, {"z", "y", "x"}},
        {{{"c", {}}, {"a", {}}, {"b", {}}}, {"a", "b", "c"}},
        {{{"m", {"l", "r"}}, {"l", {"base"}}, {"r", {"base"}}, {"base", {}}}, {"base", "l", "r", "m"}},
        // The longer branch is not finished first: the smallest free id comes next.
        {{{"a1", {}}, {"c1", {"a1"}}, {"b1", {}}, {"d1", {"b1"}}}, {"a1", "b1", "c1", "d1"}},
        // A parent named twice, as down_revision and as depends_on.
        {{{"a", {}}, {"b", {"a", "a"}}}, {"a", "b"}},
    };
    for (const auto& [parents, order] : rows) {
        CAPTURE(order);
        CHECK(graph(parents).in_order() == order);
    }
}

TEST_CASE("the order does not depend on how parents are listed", "[graph]") {
    const Parents one{{"m", {"l", "r", "s"}}, {"l", {}}, {"r", {}}, {"s", {}}};
    const Parents other{{"m", {"s", "r", "l"}}, {"l", {}}, {"r", {}}, {"s", {}}};
    CHECK(graph(one).in_order() == graph(other).in_order());
}

TEST_CASE("a closure holds the known revisions and all their ancestors", "[graph]") {
    const auto known =
        graph({{"a", {}}, {"b", {"a"}}, {"l", {"b"}}, {"r", {"b"}}, {"m", {"l", "r"}}, {"x", {}}, {"y", {"x", "l"}}});
    struct Row {
        Ids of, expected;
    };
    const std::vector<Row> rows{
        {{}, {}},
        {{"a"}, {"a"}},
        {{"l"}, {"a", "b", "l"}},
        {{"m"}, {"a", "b", "l", "m", "r"}},
        {{"y"}, {"a", "b", "l", "x", "y"}},
        {{"x", "a"}, {"a", "x"}},
        {{"b", "b"}, {"a", "b"}},
        {{"stranger"}, {}},
        {{"stranger", "a"}, {"a"}},
    };
    for (const auto& [of, expected] : rows) {
        CAPTURE(of);
        CHECK(ids(known.closure(of)) == expected);
    }
}

TEST_CASE("a graph knows its own revisions and no others", "[graph]") {
    const auto known = graph({{"a", {}}, {"b", {"a"}}});
    CHECK(known.contains("a"));
    CHECK(known.contains("b"));
    CHECK_FALSE(known.contains("c"));
    CHECK_FALSE(known.contains("A"));
    CHECK_FALSE(known.contains(""));
    CHECK(known.parents() == Parents{{"a", {}}, {"b", {"a"}}});
}

TEST_CASE("a missing parent is refused by the name of who builds upon it", "[graph]") {
    const auto said = objection({{"a", {}}, {"child", {"a", "lost"}}});
    CHECK(mentions(said, "\"child\""));
    CHECK(mentions(said, "\"lost\""));
}

TEST_CASE("a cycle is refused by the name of a revision that stands on it", "[graph]") {
    struct Row {
        Parents parents;
        Ids on_the_cycle;
    };
    const std::vector<Row> rows{
        {{{"self", {"self"}}}, {"self"}},
        {{{"p", {"q"}}, {"q", {"p"}}}, {"p", "q"}},
        {{{"base", {}}, {"p", {"base", "r"}}, {"q", {"p"}}, {"r", {"q"}}}, {"p", "q", "r"}},
        // "a" and "b" only build upon the cycle.
        {{{"a", {"b"}}, {"b", {"p"}}, {"p", {"q"}}, {"q", {"p"}}}, {"p", "q"}},
        {{{"a", {"b", "z"}}, {"b", {"z"}}, {"z", {"z"}}}, {"z"}},
    };
    for (const auto& [parents, on_the_cycle] : rows) {
        const auto said = objection(parents);
        CAPTURE(said);
        CHECK(std::any_of(on_the_cycle.begin(), on_the_cycle.end(),
                          [&](const auto& id) { return mentions(said, "\"" + id + "\""); }));
    }
}

TEST_CASE("a refused graph is told in one line, whatever its ids hold", "[graph]") {
    const std::string hostile = "a\n\x1b[2Jb\r";
    const std::vector<Parents> rows{
        {{hostile, {"lost"}}},
        {{"a", {hostile}}},
        {{hostile, {hostile}}},
    };
    for (const auto& parents : rows) {
        const auto said = objection(parents);
        CAPTURE(said);
        CHECK_FALSE(said.empty());
        CHECK(std::none_of(said.begin(), said.end(), [](char c) { return c >= 0 && (c < 0x20 || c == 0x7F); }));
    }
}

TEST_CASE("a long history is no strain", "[graph]") {
    Parents parents{{"0", {}}};
    constexpr int kLength = 20000;
    for (int i = 1; i < kLength; ++i) parents[std::to_string(i)] = {std::to_string(i - 1)};
    const auto known = graph(std::move(parents));
    REQUIRE(known.in_order().size() == kLength);
    CHECK(known.in_order().front() == "0");
    CHECK(known.in_order().back() == std::to_string(kLength - 1));
    CHECK(known.closure({std::to_string(kLength - 1)}).size() == kLength);
}

TEST_CASE("a history that parts and merges over and over is no strain", "[graph]") {
    // 2^60 paths lead from the end to the start.
    constexpr int kMerges = 60;
    Parents parents{{"m0", {}}};
    for (int i = 1; i <= kMerges; ++i) {
        const std::string below = "m" + std::to_string(i - 1);
        const std::string left = "l" + std::to_string(i);
        const std::string right = "r" + std::to_string(i);
        parents[left] = {below};
        parents[right] = {below};
        parents["m" + std::to_string(i)] = {left, right};
    }
    CHECK(graph(std::move(parents)).closure({"m60"}).size() == 3 * kMerges + 1);
}

}  // namespace
}  // namespace schemalatch::model
