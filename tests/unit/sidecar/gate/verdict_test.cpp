#include "sidecar/gate/verdict.h"

#include <algorithm>
#include <set>

#include "sidecar/gate/compare.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using model::FailureKind;
using support::at;
using support::could_not_look;
using support::dirty_at;
using support::needs_graph;
using support::needs_literal;
using support::needs_number;
using support::on_standby;
using support::without_rows;
using support::without_table;
using Ids = std::vector<std::string>;

constexpr auto kAhead = UnknownRevision::ahead;

const Requirement kNumber = needs_number("4", {"1", "2", "4"});
const Requirement kGraph = needs_graph({"d"}, {{"a", {}}, {"b", {"a"}}, {"c", {"b"}}, {"d", {"c"}}, {"e", {"d"}}});

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool is_one_printable_line(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F || c == '\xFF'; });
}

TEST_CASE("every state has the contract's name, and no two share one", "[verdict]") {
    const std::set<std::string_view> contract{"satisfied", "behind",     "unmigrated",  "dirty",
                                              "unknown",   "diverged",   "unreachable", "denied",
                                              "blocked",   "unreadable", "ambiguous",   "pending"};
    std::set<std::string_view> ours;
    for (const auto state : kStates) ours.insert(to_string(state));
    CHECK(ours == contract);
    CHECK(kStates.size() == contract.size());
}

TEST_CASE("before the first look a verdict is pending and promises nothing", "[verdict]") {
    const Verdict verdict;
    CHECK(to_string(verdict.state) == "pending");
    CHECK_FALSE(verdict.saw_database);
    CHECK_FALSE(verdict.assumed);
    CHECK_FALSE(verdict.reason.empty());
}

TEST_CASE("what could not be asked keeps its kind and its reason, and is never behind", "[verdict]") {
    struct Row {
        FailureKind kind;
        std::string state;
    };
    const std::vector<Row> rows{
        {FailureKind::unreachable, "unreachable"}, {FailureKind::denied, "denied"},
        {FailureKind::blocked, "blocked"},         {FailureKind::unreadable, "unreadable"},
        {FailureKind::ambiguous, "ambiguous"},
    };
    for (const auto& requirement : {kNumber, kGraph, needs_literal({"d"})}) {
        for (const auto& [kind, state] : rows) {
            const auto verdict = judge(requirement, could_not_look(kind, "no answer from db:5432"), kAhead);
            CHECK(to_string(verdict.state) == state);
            CHECK_FALSE(verdict.saw_database);
            CHECK(mentions(verdict.reason, "no answer from db:5432"));
        }
    }
}

TEST_CASE("no bookkeeping table, or one that records nothing applied, is unmigrated", "[verdict]") {
    struct Row {
        Requirement requirement;
        Ids missing;
        std::string needs;
    };
    const std::vector<Row> rows{
        {kNumber, {"1", "2", "4"}, "needs 4"},
        {needs_number("4"), {"4"}, "needs 4"},
        {kGraph, {"a", "b", "c", "d"}, "needs d"},
        {needs_literal({"d", "x"}), {"d", "x"}, "needs d, x"},
    };
    for (const auto& [requirement, missing, needs] : rows) {
        for (const auto& seen : {without_table(), without_rows()}) {
            const auto verdict = judge(requirement, seen, kAhead);
            CAPTURE(verdict.reason, seen.has_table);
            CHECK(to_string(verdict.state) == "unmigrated");
            CHECK(verdict.saw_database);
            CHECK(verdict.primary);
            CHECK_FALSE(verdict.assumed);
            CHECK(verdict.missing == missing);
            CHECK(verdict.current.empty());
            CHECK(mentions(verdict.reason, needs));
        }
    }
}

TEST_CASE("unmigrated names the table, the database, the role and the schemas searched", "[verdict]") {
    for (const auto& seen : {without_table(), without_rows()}) {
        const auto reason = judge(kGraph, seen, kAhead).reason;
        CAPTURE(reason);
        CHECK(mentions(reason, "\"bookkeeping\""));
        CHECK(mentions(reason, std::string{support::kPlace}));
    }
    CHECK(mentions(judge(kGraph, without_table(), kAhead).reason, "no table \"bookkeeping\""));
    CHECK_FALSE(mentions(judge(kGraph, without_rows(), kAhead).reason, "no table"));
}

TEST_CASE("rows are compared by the requirement's own ordering", "[verdict]") {
    CHECK(to_string(judge(kNumber, at({"10"}), kAhead).state) == "satisfied");
    CHECK(to_string(judge(kNumber, at({"3"}), kAhead).state) == "behind");
    CHECK(to_string(judge(kGraph, at({"e"}), kAhead).state) == "satisfied");
    CHECK(to_string(judge(kGraph, at({"10"}), kAhead).state) == "satisfied");
    CHECK(judge(kGraph, at({"10"}), kAhead).assumed);
    CHECK(to_string(judge(kGraph, at({"10"}), UnknownRevision::fail).state) == "unknown");
    CHECK(to_string(judge(needs_literal({"d"}), at({"10"}), kAhead).state) == "unknown");
}

TEST_CASE("any not-satisfied answer of a standby says that it may lag", "[verdict]") {
    const std::vector<model::Observation> not_satisfied{at({"3"}), dirty_at("4"), dirty_at("3"), without_table(),
                                                        without_rows()};
    for (const auto& seen : not_satisfied) {
        const auto primary = judge(kNumber, seen, kAhead);
        const auto standby = judge(kNumber, on_standby(seen), kAhead);
        CAPTURE(standby.reason);
        CHECK(primary.primary);
        CHECK_FALSE(standby.primary);
        CHECK(to_string(standby.state) == to_string(primary.state));
        CHECK(standby.reason.substr(0, primary.reason.size()) == primary.reason);
        CHECK(mentions(standby.reason, "standby"));
        CHECK(mentions(standby.reason, "lag"));
        CHECK_FALSE(mentions(primary.reason, "standby"));
    }
    const auto unknown = judge(kGraph, on_standby(at({"new"})), UnknownRevision::fail);
    CHECK(mentions(unknown.reason, "lag"));
}

TEST_CASE("a satisfied answer of a standby needs no excuse", "[verdict]") {
    const auto verdict = judge(kNumber, on_standby(at({"4"})), kAhead);
    CHECK(to_string(verdict.state) == "satisfied");
    CHECK_FALSE(verdict.primary);
    CHECK_FALSE(mentions(verdict.reason, "standby"));
}

TEST_CASE("every verdict has a reason of one line", "[verdict]") {
    for (const auto& requirement : {kNumber, kGraph, needs_number("4"), needs_literal({"d"})}) {
        for (const auto& seen :
             {at({"1"}), at({"4"}), at({"d"}), at({"new"}), dirty_at("4"), without_table(), without_rows()}) {
            const auto verdict = judge(requirement, seen, kAhead);
            CAPTURE(verdict.reason);
            CHECK_FALSE(verdict.reason.empty());
            CHECK(is_one_printable_line(verdict.reason));
        }
    }
}

TEST_CASE("no hostile id or table name reaches a reason raw", "[verdict]") {
    const std::string hostile = "ready\r\n\x1b[2J\x07\xFF";
    auto strange_table = at({"abc"});
    strange_table.table = hostile;
    auto no_strange_table = without_table();
    no_strange_table.table = hostile;
    auto two_strange_rows = at({hostile, hostile});
    two_strange_rows.table = hostile;
    const std::vector<Requirement> requirements{
        kNumber,
        kGraph,
        needs_literal({hostile}),
        needs_graph({hostile}, {{"a", {}}, {hostile, {"a"}}}),
        needs_graph({"z"}, {{hostile, {}}, {"z", {hostile}}}),
    };
    const std::vector<model::Observation> seen{at({hostile}), at({"a", hostile}), dirty_at(hostile), at({"a"}),
                                               strange_table, no_strange_table,   two_strange_rows,  without_rows()};
    for (const auto& requirement : requirements) {
        for (const auto& observation : seen) {
            for (const auto policy : {UnknownRevision::ahead, UnknownRevision::fail}) {
                const auto reason = judge(requirement, observation, policy).reason;
                CAPTURE(reason);
                CHECK(is_one_printable_line(reason));
            }
        }
    }
}

TEST_CASE("no id is too long for a reason", "[verdict]") {
    const std::string nines(1000, '9');  // the longest that adapters let through
    const std::string letters(1000, 'x');
    const std::size_t longest = 1000;
    CHECK(judge(kNumber, at({nines}), kAhead).reason.size() < longest);
    CHECK(judge(kNumber, dirty_at(nines), kAhead).reason.size() < longest);
    CHECK(judge(kNumber, at({letters}), kAhead).reason.size() < longest);
    CHECK(judge(kGraph, at({letters}), kAhead).reason.size() < longest);
}

TEST_CASE("a database with very many heads gets a reason that a person can read", "[verdict]") {
    Ids heads;
    for (int i = 0; i < 1000; ++i) heads.push_back("head" + std::to_string(i));
    const auto verdict = judge(kGraph, at(heads), kAhead);
    CHECK(verdict.reason.size() < 500);
    CHECK(mentions(verdict.reason, "995 more"));
    CHECK(verdict.current.size() == heads.size());
}

TEST_CASE("the required ids are what the requirement asks for, not all that it knows", "[verdict]") {
    CHECK(required_ids(kNumber) == Ids{"4"});
    CHECK(required_ids(needs_number("004")) == Ids{"4"});
    CHECK(required_ids(kGraph) == Ids{"d"});
    CHECK(required_ids(needs_literal({"d", "x"})) == Ids{"d", "x"});
    CHECK(required_ids(support::needs_set({{"a.1"}, {"a.2"}})) == Ids{"a.2", "a.1"});
}

TEST_CASE("the ids of a literal are told as they were written, whatever the state", "[verdict]") {
    const Requirement needs{"django", "", "", SetRequirement{{{"shop.0001"}, {"shop.0002"}}}};
    CHECK(required_ids(needs) == Ids{"shop.0001", "shop.0002"});
    CHECK(mentions(judge(needs, without_table(), kAhead).reason, "needs shop.0001, shop.0002; run the upgrade"));
    CHECK(mentions(judge(needs, at({"shop.0009"}), kAhead).reason, "needs shop.0001, shop.0002 (2 missing"));
}

TEST_CASE("applied migrations of the image are counted, whatever else the database has", "[verdict]") {
    const auto count = [](const Requirement& needs, const model::Look& look) {
        return applied_count(needs, judge(needs, look, kAhead));
    };
    CHECK(count(kNumber, without_table()) == 0);
    CHECK(count(kNumber, at({"2"})) == 2);
    CHECK(count(kNumber, at({"4"})) == 3);
    CHECK(count(kNumber, at({"99"})) == 3);
    CHECK(count(kNumber, dirty_at("4")) == 2);
    CHECK(count(kNumber, dirty_at("99")) == 3);
    CHECK(count(kGraph, without_rows()) == 0);
    CHECK(count(kGraph, at({"b"})) == 2);
    CHECK(count(kGraph, at({"d"})) == 4);
    CHECK(count(kGraph, at({"e"})) == 4);
}

TEST_CASE("applied migrations are not counted where the image's are not listed or the current one is not among them",
          "[verdict]") {
    const auto count = [](const Requirement& needs, const model::Look& look, UnknownRevision policy = kAhead) {
        return applied_count(needs, judge(needs, look, policy));
    };
    CHECK_FALSE(count(needs_number("4"), at({"2"})));
    CHECK_FALSE(count(needs_literal({"d"}), at({"d"})));
    CHECK_FALSE(count(kGraph, at({"newer"})));
    CHECK_FALSE(count(kGraph, at({"newer"}), UnknownRevision::fail));
    CHECK_FALSE(count(kGraph, could_not_look(FailureKind::denied, "why")));
}

TEST_CASE("missing migrations are counted in words", "[verdict]") {
    CHECK(missing_phrase({"a"}) == "1 migration missing");
    CHECK(missing_phrase({"a", "b", "c"}) == "3 migrations missing");
}

}  // namespace
}  // namespace schemalatch::gate
