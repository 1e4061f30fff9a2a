#include <algorithm>
#include <memory>
#include <random>
#include <set>

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

// ---- With the journal's lineage ------------------------------------------------------------------------------------

Verdict with_lineage(const Requirement& needs, const Ids& heads, model::Parents lineage,
                     UnknownRevision policy = UnknownRevision::ahead) {
    auto seen = at(heads);
    seen.journal = std::make_shared<const model::Journal>(model::Journal{
        .state = model::JournalState::present, .lineage = std::make_shared<const model::Parents>(std::move(lineage))});
    return compare(std::get<GraphRequirement>(needs.needs), seen, policy);
}

const model::Parents kImage{{"a", {}}, {"b", {"a"}}, {"c", {"b"}}};

TEST_CASE("a head that the journal knows to descend from the requirement is satisfied and not assumed", "[compare]") {
    const model::Parents lineage{{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"c"}}, {"e", {"d"}}};
    for (const auto policy : {UnknownRevision::ahead, UnknownRevision::fail}) {
        const auto verdict = with_lineage(needs_graph({"c"}, kImage), {"e"}, lineage, policy);
        CHECK(outcome(verdict) == "satisfied");
        CHECK(mentions(verdict.reason, "the image does not know e"));
    }
}

TEST_CASE("a lineage that begins above the image's graph proves as much", "[compare]") {
    CHECK(outcome(with_lineage(needs_graph({"c"}, kImage), {"e"}, {{"e", {"d"}}, {"d", {"c"}}})) == "satisfied");
}

TEST_CASE("a head that the journal knows to descend from another line has diverged", "[compare]") {
    const model::Parents lineage{{"a", {}}, {"x", {"a"}}, {"y", {"x"}}};
    for (const auto policy : {UnknownRevision::ahead, UnknownRevision::fail}) {
        const auto verdict = with_lineage(needs_graph({"c"}, kImage), {"y"}, lineage, policy);
        CHECK(outcome(verdict) == "diverged");
        CHECK(verdict.missing == Ids{"b", "c"});
        CHECK(mentions(verdict.reason, "at y"));
    }
}

TEST_CASE("beside a head below the requirement a stray one is behind, beside an unknown one it is not decided",
          "[compare]") {
    const model::Parents lineage{{"a", {}}, {"x", {"a"}}};
    CHECK(outcome(with_lineage(needs_graph({"c"}, kImage), {"b", "x"}, lineage)) == "behind");
    CHECK(outcome(with_lineage(needs_graph({"c"}, kImage), {"new", "x"}, lineage)) == "assumed");
    CHECK(outcome(with_lineage(needs_graph({"c"}, kImage), {"new", "x"}, lineage, UnknownRevision::fail)) == "unknown");
}

TEST_CASE("a line that is ahead of one of two requirements has not diverged, it is behind on the other", "[compare]") {
    const model::Parents image{{"x", {}}, {"y", {}}};
    CHECK(outcome(with_lineage(needs_graph({"x", "y"}, image), {"x2"}, {{"x2", {"x"}}})) == "behind");
}

TEST_CASE("where the image and the journal differ the image's word counts", "[compare]") {
    // By the journal c is a root; by the image it builds upon b.
    CHECK(outcome(with_lineage(needs_graph({"b"}, kImage), {"c"}, {{"c", {}}})) == "satisfied");
    CHECK(outcome(with_lineage(needs_graph({"c"}, kImage), {"b"}, {{"b", {"c"}}, {"c", {}}})) == "behind");
}

TEST_CASE("a lineage with a hole or a cycle on the way places no head, and breaks nothing", "[compare]") {
    const auto needs = needs_graph({"c"}, kImage);
    for (const auto& lineage :
         {model::Parents{{"e", {"lost"}}}, model::Parents{{"e", {"f"}}, {"f", {"e"}}}, model::Parents{{"e", {"e"}}}}) {
        CHECK(outcome(with_lineage(needs, {"e"}, lineage)) == "assumed");
        CHECK(outcome(with_lineage(needs, {"e"}, lineage, UnknownRevision::fail)) == "unknown");
    }
    CHECK(outcome(with_lineage(needs, {"e"}, {{"e", {"f", "c"}}, {"f", {"e", "lost"}}})) == "satisfied");
    CHECK(outcome(with_lineage(needs, {"b"}, {{"e", {"f"}}, {"f", {"e"}}})) == "behind");
}

TEST_CASE("a literal is met by equality or by lineage, and is behind where lineage tells so", "[compare]") {
    const model::Parents lineage{{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"x", {"a"}}};
    CHECK(outcome(with_lineage(needs_literal({"b"}), {"b"}, {})) == "satisfied");
    CHECK(outcome(with_lineage(needs_literal({"b"}), {"c"}, lineage)) == "satisfied");
    CHECK(outcome(with_lineage(needs_literal({"b"}), {"c"}, {{"c", {"b"}}})) == "satisfied");
    const auto behind = with_lineage(needs_literal({"c"}), {"a"}, lineage);
    CHECK(outcome(behind) == "behind");
    CHECK(behind.missing == Ids{"b", "c"});
    for (const auto* head : {"x", "new"})
        CHECK(outcome(with_lineage(needs_literal({"b"}), {head}, lineage)) == "unknown");
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

// ---- Any graph and any lineage -------------------------------------------------------------------------------------

// The same by paths. A lineage may go in circles here, so paths have an end.
class Telling {
public:
    Telling(model::Parents image, model::Parents lineage) : image_{std::move(image)}, lineage_{std::move(lineage)} {}

    std::string outcome(const Ids& required, const Ids& heads, UnknownRevision policy) const {
        if (all(required, [&](const auto& it) {
                return any(heads, [&](const auto& head) { return reaches(head, it, kLongest); });
            }))
            return "satisfied";
        if (any(heads,
                [&](const auto& head) { return any(required, [&](const auto& it) { return is_above(it, head); }); }))
            return "behind";
        Ids known;
        Ids beyond;
        for (const auto& head : heads) {
            if (image_.contains(head)) continue;
            beyond.push_back(head);
            if (lineage_.contains(head)) known.push_back(head);
        }
        const bool holds = all(known, [&](const auto& head) { return is_whole(head, kLongest); });
        if (!holds || known.size() != beyond.size()) return policy == UnknownRevision::ahead ? "assumed" : "unknown";
        const auto is_stray = [&](const auto& head) {
            return !any(required, [&](const auto& it) { return reaches(head, it, kLongest); });
        };
        return any(beyond, is_stray) ? "diverged" : "behind";
    }

private:
    static constexpr int kLongest = 12;  // more than there are revisions

    template <typename Is>
    static bool any(const Ids& ids, Is is) {
        return std::any_of(ids.begin(), ids.end(), is);
    }
    template <typename Is>
    static bool all(const Ids& ids, Is is) {
        return std::all_of(ids.begin(), ids.end(), is);
    }

    Ids parents(const std::string& id) const {
        const auto& from = image_.contains(id) ? image_ : lineage_;
        const auto found = from.find(id);
        return found == from.end() ? Ids{} : found->second;
    }
    bool reaches(const std::string& from, const std::string& to, int steps) const {
        return from == to ||
               (steps > 0 && any(parents(from), [&](const auto& it) { return reaches(it, to, steps - 1); }));
    }
    bool is_above(const std::string& it, const std::string& ancestor) const {
        return any(parents(it), [&](const auto& parent) { return reaches(parent, ancestor, kLongest); });
    }
    // A path that does not end is a circle.
    bool is_whole(const std::string& id, int steps) const {
        if (steps == 0 || (!image_.contains(id) && !lineage_.contains(id))) return false;
        return all(parents(id), [&](const auto& it) { return is_whole(it, steps - 1); });
    }

    model::Parents image_;
    model::Parents lineage_;
};

TEST_CASE("whatever the image and the lineage, the heads and the requirement, a verdict is the one of their union",
          "[compare]") {
    std::mt19937 random{20261126};
    const auto below = [&](std::size_t bound) { return random() % bound; };
    const Ids all{"a", "b", "c", "d", "e", "f", "g"};
    std::set<std::string> seen;
    for (int round = 0; round < 8000; ++round) {
        model::Parents image;
        const auto known = 1 + below(4);
        for (std::size_t i = 0; i < known; ++i) {
            auto& parents = image[all[i]];
            for (std::size_t j = 0; j < i; ++j) {
                if (below(3) == 0) parents.push_back(all[j]);
            }
        }
        model::Parents lineage;
        const bool honest = below(3) != 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (below(4) == 0) continue;
            auto& parents = lineage[all[i]];
            for (std::size_t j = 0; j < (honest ? i : all.size()); ++j) {
                if (below(4) == 0) parents.push_back(all[j]);
            }
        }
        const Ids required{all[below(known)], all[below(known)]};
        Ids heads;
        for (auto more = 1 + below(3); more > 0; --more) heads.push_back(all[below(all.size())]);
        for (const auto policy : {UnknownRevision::ahead, UnknownRevision::fail}) {
            const auto actual = outcome(with_lineage(needs_graph(required, image), heads, lineage, policy));
            const auto expected = Telling{image, lineage}.outcome(required, heads, policy);
            seen.insert(actual);
            if (actual != expected) {
                CAPTURE(image, lineage, required, heads);
                CHECK(actual == expected);
            }
        }
    }
    CHECK(seen == std::set<std::string>{"satisfied", "behind", "diverged", "assumed", "unknown"});
}

}  // namespace
}  // namespace schemalatch::gate
