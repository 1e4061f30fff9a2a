#include "sidecar/gate/compare.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using model::ToolLock;
using support::at;
using support::dirty_at;
using support::needs_number;
using Ids = std::vector<std::string>;

Verdict compared(const Requirement& needs, const model::Observation& seen) {
    return compare(std::get<NumberRequirement>(needs.needs), seen);
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("a number that is not lower than required is satisfied, a lower one is behind", "[compare]") {
    struct Row {
        std::string has, needs;
        State state;
    };
    const std::vector<Row> rows{
        {"4", "4", State::satisfied},
        {"5", "4", State::satisfied},
        {"3", "4", State::behind},
        {"10", "9", State::satisfied},
        {"9", "10", State::behind},
        {"004", "4", State::satisfied},
        {"0", "0", State::satisfied},
        {"20240131000000", "20231231235959", State::satisfied},
        {"18446744073709551616", "18446744073709551617", State::behind},
        {"18446744073709551617", "18446744073709551616", State::satisfied},
    };
    for (const auto& [has, needs, state] : rows) {
        CAPTURE(has, needs);
        const auto verdict = compared(needs_number(needs), at({has}));
        CHECK(to_string(verdict.state) == to_string(state));
        CHECK_FALSE(verdict.assumed);
        CHECK_FALSE(verdict.dirty_at_requirement);
        CHECK(verdict.saw_database);
        CHECK(verdict.failed.empty());
        CHECK(verdict.missing.empty() == (state == State::satisfied));
    }
}

TEST_CASE("the current number is told as a number", "[compare]") {
    CHECK(compared(needs_number("4"), at({"007"})).current == Ids{"7"});
    CHECK(compared(needs_number("4"), dirty_at("-1")).current == Ids{"-1"});
}

TEST_CASE("a dirty number above the requirement is clean for it, one at or below is dirty", "[compare]") {
    struct Row {
        std::string dirty, needs;
        State state;
        bool exactly;
    };
    const std::vector<Row> rows{
        {"5", "4", State::satisfied, false},
        {"10", "9", State::satisfied, false},
        {"4", "4", State::dirty, true},
        {"004", "4", State::dirty, true},
        {"3", "4", State::dirty, false},
        {"9", "10", State::dirty, false},
        {"0", "1", State::dirty, false},
        // A failed undo of the very first migration.
        {"-1", "1", State::dirty, false},
    };
    for (const auto& [dirty, needs, state, exactly] : rows) {
        CAPTURE(dirty, needs);
        const auto verdict = compared(needs_number(needs), dirty_at(dirty));
        CHECK(to_string(verdict.state) == to_string(state));
        CHECK(verdict.dirty_at_requirement == exactly);
        CHECK_FALSE(verdict.assumed);
        CHECK(verdict.saw_database);
        CHECK(verdict.failed == Ids{support::number(dirty).text()});
        CHECK(verdict.missing.empty() == (state == State::satisfied));
    }
}

TEST_CASE("what is missing is named in order where the image's migrations are known", "[compare]") {
    const auto baked = needs_number("40", {"10", "20", "30", "40"});
    struct Row {
        model::Observation seen;
        Ids missing;
    };
    const std::vector<Row> rows{
        {at({"40"}), {}},
        {at({"41"}), {}},
        {at({"30"}), {"40"}},
        {at({"20"}), {"30", "40"}},
        {at({"25"}), {"30", "40"}},  // a migration of some other image
        {at({"0"}), {"10", "20", "30", "40"}},
        {dirty_at("50"), {}},
        {dirty_at("40"), {"40"}},
        {dirty_at("30"), {"30", "40"}},
        {dirty_at("25"), {"30", "40"}},
        {dirty_at("-1"), {"10", "20", "30", "40"}},
    };
    for (const auto& [seen, missing] : rows) {
        CAPTURE(seen.rows.front().id);
        CHECK(compared(baked, seen).missing == missing);
    }
}

TEST_CASE("a migration of the image that is above the requirement is not missing", "[compare]") {
    const auto upto_20 = needs_number("20", {"10", "20", "30"});
    CHECK(compared(upto_20, at({"10"})).missing == Ids{"20"});
    CHECK(compared(upto_20, dirty_at("20")).missing == Ids{"20"});
}

TEST_CASE("of a literal only the required number can be missing", "[compare]") {
    CHECK(compared(needs_number("4"), at({"1"})).missing == Ids{"4"});
    CHECK(compared(needs_number("4"), dirty_at("4")).missing == Ids{"4"});
}

TEST_CASE("a number that is behind says what is there, what is needed and how much is missing", "[compare]") {
    const auto reason = compared(needs_number("40", {"10", "20", "30", "40"}), at({"20"})).reason;
    CAPTURE(reason);
    CHECK(mentions(reason, "at 20, needs 40"));
    CHECK(mentions(reason, "2 migrations missing"));
    CHECK(mentions(compared(needs_number("40", {"10", "40"}), at({"20"})).reason, "1 migration missing"));
    CHECK_FALSE(mentions(compared(needs_number("40"), at({"20"})).reason, "missing"));
}

TEST_CASE("a dirty number is running or failed as the tool's own lock tells", "[compare]") {
    struct Row {
        ToolLock lock;
        bool running, failed, either;
    };
    const std::vector<Row> rows{
        {ToolLock::held, true, false, false},
        {ToolLock::free, false, true, false},
        {ToolLock::none, true, true, true},
    };
    for (const auto& needs : {"4", "5"}) {
        for (const auto& row : rows) {
            const auto reason = compared(needs_number(needs), dirty_at("4", row.lock)).reason;
            CAPTURE(reason);
            CHECK(mentions(reason, "4"));
            CHECK(mentions(reason, "needs " + std::string{needs}));
            CHECK(mentions(reason, "running") == row.running);
            CHECK(mentions(reason, "failed") == row.failed);
            CHECK(mentions(reason, "running or failed") == row.either);
        }
    }
}

TEST_CASE("a satisfied number says that a migration above it is dirty", "[compare]") {
    const auto verdict = compared(needs_number("4"), dirty_at("5", ToolLock::free));
    CAPTURE(verdict.reason);
    CHECK(mentions(verdict.reason, "at 5"));
    CHECK(mentions(verdict.reason, "dirty"));
    CHECK(mentions(verdict.reason, "needs 4"));
}

TEST_CASE("a version that is not a number is unreadable", "[compare]") {
    for (const auto* id : {"", "abc", "1.0", "4 ", "ae1027a6acf"}) {
        const auto verdict = compared(needs_number("4"), at({id}));
        CAPTURE(id, verdict.reason);
        CHECK(to_string(verdict.state) == "unreadable");
        CHECK(mentions(verdict.reason, "\"" + std::string{id} + "\""));
        CHECK(mentions(verdict.reason, "\"bookkeeping\""));
    }
    CHECK(to_string(compared(needs_number("4"), dirty_at("abc")).state) == "unreadable");
}

TEST_CASE("half an undo of a number is dirty, and what says not where the schema is is unreadable", "[compare]") {
    const auto marked = [](model::Mark mark) {
        return compared(needs_number("7"), support::kept_by({.tool = "house"}, {{"7", mark}}));
    };
    CHECK(to_string(marked(model::Mark::clean).state) == "satisfied");
    CHECK(to_string(marked(model::Mark::dirty).state) == "dirty");
    CHECK(to_string(marked(model::Mark::half_undone).state) == "dirty");
    CHECK(marked(model::Mark::half_undone).failed == Ids{"7"});
    for (const auto mark : {model::Mark::undone, model::Mark::deleted, model::Mark::baseline}) {
        CAPTURE(to_string(mark));
        CHECK(to_string(marked(mark).state) == "unreadable");
        CHECK(marked(mark).reason == "table \"bookkeeping\" marks 7 as " + std::string{to_string(mark)} +
                                         ", which does not tell where the schema is; give the number that it is at, "
                                         "as clean or dirty");
    }
}

TEST_CASE("a table with more rows than its tool keeps is unreadable, whatever they hold", "[compare]") {
    for (const auto& ids : {Ids{"4", "5"}, Ids{"5", "5"}, Ids{"4", "abc"}, Ids{"1", "2", "3"}}) {
        const auto verdict = compared(needs_number("4"), at(ids));
        CAPTURE(ids, verdict.reason);
        CHECK(to_string(verdict.state) == "unreadable");
        CHECK(mentions(verdict.reason, "\"bookkeeping\""));
    }
}

}  // namespace
}  // namespace schemalatch::gate
