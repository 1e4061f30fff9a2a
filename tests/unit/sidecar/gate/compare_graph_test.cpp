#include <algorithm>
#include <random>

#include "sidecar/gate/compare.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using support::at;
using support::needs_graph;
using support::needs_literal;
using Ids = std::vector<std::string>;

Verdict compared(const Requirement& needs, const Ids& heads, UnknownRevision policy = UnknownRevision::ahead) {
    return compare(std::get<GraphRequirement>(needs.needs), at(heads), policy);
}

// "satisfied", "assumed" (satisfied, but only assumed), or the name of another state.
std::string outcome(const Verdict& verdict) {
    return verdict.assumed ? "assumed" : std::string{to_string(verdict.state)};
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Row {
    Ids required;
    Ids heads;
    std::string with_ahead;
    std::string with_fail;
    Ids missing;
};

void check(const model::Parents& ancestry, const std::vector<Row>& rows) {
    for (const auto& [required, heads, with_ahead, with_fail, missing] : rows) {
        CAPTURE(required, heads);
        const auto ahead = compared(needs_graph(required, ancestry), heads, UnknownRevision::ahead);
        const auto fail = compared(needs_graph(required, ancestry), heads, UnknownRevision::fail);
        CHECK(outcome(ahead) == with_ahead);
        CHECK(outcome(fail) == with_fail);
        CHECK(ahead.missing == missing);
        CHECK(fail.missing == missing);
        CHECK(ahead.saw_database);
        CHECK_FALSE((ahead.assumed && ahead.state != State::satisfied));
    }
}

// a <- b <- c <- d, and another branch x <- y.
const model::Parents kTwoBranches{{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"c"}}, {"x", {}}, {"y", {"x"}}};

TEST_CASE("a required revision is met by a head that equals it or descends from it", "[compare]") {
    check(kTwoBranches, {
                            {{"d"}, {"d"}, "satisfied", "satisfied", {}},
                            {{"b"}, {"d"}, "satisfied", "satisfied", {}},
                            {{"a"}, {"d"}, "satisfied", "satisfied", {}},
                            {{"d"}, {"d", "y"}, "satisfied", "satisfied", {}},
                            {{"d", "y"}, {"y", "d"}, "satisfied", "satisfied", {}},
                            {{"b", "x"}, {"d", "y"}, "satisfied", "satisfied", {}},
                        });
}

TEST_CASE("a database whose heads are all known and do not reach the requirement is behind", "[compare]") {
    check(kTwoBranches, {
                            {{"d"}, {"c"}, "behind", "behind", {"d"}},
                            {{"d"}, {"a"}, "behind", "behind", {"b", "c", "d"}},
                            {{"d"}, {"y"}, "behind", "behind", {"a", "b", "c", "d"}},
                            {{"d", "y"}, {"d"}, "behind", "behind", {"x", "y"}},
                            {{"d", "y"}, {"d", "x"}, "behind", "behind", {"y"}},
                            {{"d", "y"}, {"b", "x"}, "behind", "behind", {"c", "d", "y"}},
                        });
}

TEST_CASE("a head that nobody knows is assumed to be ahead, unless the policy is to fail", "[compare]") {
    check(kTwoBranches,
          {
              {{"d"}, {"new"}, "assumed", "unknown", {}},
              {{"d"}, {"new", "newer"}, "assumed", "unknown", {}},
              {{"d", "y"}, {"new"}, "assumed", "unknown", {}},
              {{"d"}, {"y", "new"}, "assumed", "unknown", {}},       // y is beside d, not below it
              {{"d", "y"}, {"d", "new"}, "assumed", "unknown", {}},  // d itself is not below the requirement
          });
}

TEST_CASE("a known ancestor of the requirement beside an unknown head is behind", "[compare]") {
    check(kTwoBranches, {
                            {{"d"}, {"c", "new"}, "behind", "behind", {"d"}},
                            {{"d"}, {"new", "a"}, "behind", "behind", {"b", "c", "d"}},
                            {{"d", "y"}, {"x", "new"}, "behind", "behind", {"a", "b", "c", "d", "y"}},
                            {{"d", "y"}, {"d", "x", "new"}, "behind", "behind", {"y"}},
                        });
}

TEST_CASE("what is met is not assumed, whatever unknown heads stand beside it", "[compare]") {
    check(kTwoBranches, {
                            {{"d"}, {"d", "new"}, "satisfied", "satisfied", {}},
                            {{"b"}, {"c", "new"}, "satisfied", "satisfied", {}},
                            {{"d", "y"}, {"d", "y", "new"}, "satisfied", "satisfied", {}},
                        });
}

// base <- l and r, merged by m.
const model::Parents kMerge{{"base", {}}, {"l", {"base"}}, {"r", {"base"}}, {"m", {"l", "r"}}};

TEST_CASE("half of a merge is not enough", "[compare]") {
    check(kMerge, {
                      {{"m"}, {"l"}, "behind", "behind", {"r", "m"}},
                      {{"m"}, {"r"}, "behind", "behind", {"l", "m"}},
                      {{"m"}, {"l", "r"}, "behind", "behind", {"m"}},
                      {{"m"}, {"l", "new"}, "behind", "behind", {"r", "m"}},
                      {{"l", "r"}, {"l"}, "behind", "behind", {"r"}},
                      {{"l", "r"}, {"l", "r"}, "satisfied", "satisfied", {}},
                      {{"l", "r"}, {"m"}, "satisfied", "satisfied", {}},
                      {{"m"}, {"m"}, "satisfied", "satisfied", {}},
                  });
}

// d follows c and depends on x of another branch: to Alembic's table x is then no head of its own.
const model::Parents kDependsOn{{"a", {}}, {"c", {"a"}}, {"x", {}}, {"y", {"x"}}, {"d", {"c", "x"}}};

TEST_CASE("what a revision depends on is applied with it", "[compare]") {
    check(kDependsOn, {
                          {{"x"}, {"d"}, "satisfied", "satisfied", {}},
                          {{"d", "x"}, {"d"}, "satisfied", "satisfied", {}},
                          {{"d"}, {"c"}, "behind", "behind", {"x", "d"}},
                          {{"d"}, {"x"}, "behind", "behind", {"a", "c", "d"}},
                          {{"d"}, {"c", "y"}, "behind", "behind", {"d"}},
                          {{"y"}, {"d"}, "behind", "behind", {"y"}},
                          {{"d"}, {"x", "new"}, "behind", "behind", {"a", "c", "d"}},
                          // x is required itself, and still below d, which is required too.
                          {{"d", "x"}, {"x", "new"}, "behind", "behind", {"a", "c", "d"}},
                      });
}

TEST_CASE("a literal is met by equality only, an unknown head never satisfies it", "[compare]") {
    struct Literal {
        Ids required, heads;
        std::string expected;
    };
    const std::vector<Literal> rows{
        {{"d"}, {"d"}, "satisfied"},
        {{"d"}, {"new", "d"}, "satisfied"},
        {{"d", "y"}, {"y", "d"}, "satisfied"},
        {{"d"}, {"new"}, "unknown"},
        {{"d"}, {"D"}, "unknown"},
        {{"d", "y"}, {"d"}, "unknown"},
        {{"d", "y"}, {"d", "new"}, "unknown"},
    };
    for (const auto& [required, heads, expected] : rows) {
        for (const auto policy : {UnknownRevision::ahead, UnknownRevision::fail}) {
            CAPTURE(required, heads);
            CHECK(outcome(compared(needs_literal(required), heads, policy)) == expected);
        }
    }
}

TEST_CASE("the current revisions are told in an order of their own", "[compare]") {
    CHECK(compared(needs_graph({"d"}, kTwoBranches), {"y", "new", "b"}).current == Ids{"b", "new", "y"});
    CHECK(compared(needs_literal({"d"}), {"y", "b"}).current == Ids{"b", "y"});
}

TEST_CASE("a graph that is behind says what is there, what is needed and how much is missing", "[compare]") {
    const auto reason = compared(needs_graph({"d"}, kTwoBranches), {"b"}).reason;
    CAPTURE(reason);
    CHECK(mentions(reason, "at b, needs d (2 migrations missing)"));
    CHECK(mentions(compared(needs_graph({"d"}, kTwoBranches), {"c"}).reason, "(1 migration missing)"));
}

TEST_CASE("an assumed verdict says so and names what is not known", "[compare]") {
    const auto reason = compared(needs_graph({"d"}, kTwoBranches), {"new", "y"}).reason;
    CAPTURE(reason);
    CHECK(mentions(reason, "assumed"));
    CHECK(mentions(reason, "new"));
    CHECK(mentions(reason, "needs d"));
    CHECK_FALSE(mentions(compared(needs_graph({"d"}, kTwoBranches), {"d"}).reason, "assumed"));
}

TEST_CASE("an unknown revision is named with what would help", "[compare]") {
    const auto refused = compared(needs_graph({"d"}, kTwoBranches), {"new"}, UnknownRevision::fail).reason;
    CAPTURE(refused);
    CHECK(mentions(refused, "new"));
    CHECK(mentions(refused, "needs d"));
    CHECK(mentions(refused, "unknown_revision"));

    const auto literal = compared(needs_literal({"d"}), {"new"}).reason;
    CAPTURE(literal);
    CHECK(mentions(literal, "at new, needs d"));
    CHECK(mentions(literal, "baked"));
}

// ---- Any graph: against contract 3.2 and 3.3 told once more, by paths instead of closures -------------------------

bool descends(const model::Parents& ancestry, const std::string& from, const std::string& ancestor) {
    const auto known = ancestry.find(from);
    if (known == ancestry.end()) return false;
    return std::any_of(known->second.begin(), known->second.end(),
                       [&](const auto& parent) { return parent == ancestor || descends(ancestry, parent, ancestor); });
}

std::string told_once_more(const model::Parents& ancestry, const Ids& required, const Ids& heads,
                           UnknownRevision policy) {
    const bool met = std::all_of(required.begin(), required.end(), [&](const auto& revision) {
        return std::any_of(heads.begin(), heads.end(),
                           [&](const auto& head) { return head == revision || descends(ancestry, head, revision); });
    });
    if (met) return "satisfied";
    bool unknown = false;
    for (const auto& head : heads) {
        for (const auto& revision : required) {
            if (descends(ancestry, revision, head)) return "behind";
        }
        unknown = unknown || !ancestry.contains(head);
    }
    if (!unknown) return "behind";
    return policy == UnknownRevision::ahead ? "assumed" : "unknown";
}

TEST_CASE("whatever the graph, the heads and the requirement, a verdict is the one of contract 3.2 and 3.3",
          "[compare]") {
    std::mt19937 random{20261121};
    const auto below = [&](std::size_t bound) { return random() % bound; };
    for (int round = 0; round < 5000; ++round) {
        model::Parents ancestry;
        Ids ids;
        const auto size = 1 + below(7);
        while (ids.size() < size) {
            auto& parents = ancestry[std::string(1, static_cast<char>('a' + ids.size()))];
            for (const auto& id : ids) {
                if (below(3) == 0) parents.push_back(id);
            }
            ids.push_back(std::string(1, static_cast<char>('a' + ids.size())));
        }
        Ids required{ids[below(size)]};
        if (below(3) == 0) required.push_back(ids[below(size)]);
        ids.insert(ids.end(), {"new", "newer"});
        Ids heads{ids[below(ids.size())]};
        for (auto more = below(3); more > 0; --more) heads.push_back(ids[below(ids.size())]);
        for (const auto policy : {UnknownRevision::ahead, UnknownRevision::fail}) {
            const auto actual = outcome(compared(needs_graph(required, ancestry), heads, policy));
            const auto expected = told_once_more(ancestry, required, heads, policy);
            if (actual != expected) {
                CAPTURE(ancestry, required, heads);
                CHECK(actual == expected);
            }
        }
    }
    SUCCEED();
}

}  // namespace
}  // namespace schemalatch::gate
