#include "probes/tools/catalogue.h"
#include "sidecar/gate/literal.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using model::Mark;
using model::Row;
using model::ToolLock;
using support::kept_by;
using support::needs_set;
using Ids = std::vector<std::string>;

Verdict judged(const Requirement& needs, const model::Observation& seen) {
    return judge(needs, seen, UnknownRevision::ahead);
}

model::Observation django(const Ids& ids) {
    std::vector<Row> rows;
    for (const auto& id : ids) rows.push_back({id});
    return kept_by(tools::kDjango.books, std::move(rows));
}

model::Observation flyway(std::vector<Row> rows, ToolLock lock = ToolLock::none) {
    auto seen = kept_by(tools::kFlyway.books, std::move(rows));
    seen.tool_lock = lock;
    return seen;
}

Requirement needs_flyway(const Ids& ids) {
    std::vector<Item> items;
    for (const auto& id : ids) items.push_back({id});
    return needs_set(std::move(items), "flyway");
}

std::string state_of(const Verdict& verdict) { return std::string{to_string(verdict.state)}; }

// ---- All that is required -----------------------------------------------------------------------------------------

TEST_CASE("a set is satisfied when all that is required is applied, and more is no objection", "[compare]") {
    const auto needs = needs_set({{"shop.0001_a"}, {"shop.0002_b"}});
    CHECK(state_of(judged(needs, django({"shop.0001_a", "shop.0002_b"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"auth.1", "shop.0002_b", "shop.0001_a", "shop.0003_c"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"shop.0001_a"}))) == "behind");
    CHECK(state_of(judged(needs, django({"shop.0001_A", "shop.0002_b"}))) == "behind");
    CHECK(state_of(judged(needs, django({"other.0001_a", "other.0002_b"}))) == "behind");
}

TEST_CASE("what is missing is told in the order of applying, what is there newest first", "[compare]") {
    const auto verdict = judged(needs_set({{"a.1"}, {"a.2"}, {"b.1"}, {"a.3"}}), django({"a.2", "x.1"}));
    CHECK(verdict.missing == Ids{"a.1", "b.1", "a.3"});
    CHECK(verdict.current == Ids{"x.1", "a.2"});
    CHECK(verdict.reason == "at x.1, needs 4 migrations (3 missing: a.1, b.1, a.3); run the upgrade");
    CHECK(applied_count(needs_set({{"a.1"}, {"a.2"}, {"b.1"}, {"a.3"}}), verdict) == 1);
    CHECK(verdict.tool == "django");
    CHECK(verdict.saw_database);
    CHECK_FALSE(verdict.assumed);
}

TEST_CASE("where ids have an order what is there is told in it, whatever order the rows came in", "[compare]") {
    const model::Bookkeeping books{.tool = "house", .ordering = model::Ordering::set, .ids = model::IdOrder::number};
    const auto verdict = judged(needs_set({{"11"}}), kept_by(books, {{"1"}, {"10"}, {"9"}, {"2"}}));
    CHECK(verdict.current == Ids{"10", "9", "2", "1"});
    CHECK(verdict.reason == "at 10, needs 11; run the upgrade");
    CHECK(judged(needs_flyway({"4"}), flyway({{"1"}, {"3"}, {"R__views"}, {"2"}})).current ==
          Ids{"3", "R__views", "2", "1"});
}

TEST_CASE("a row that stands twice counts once", "[compare]") {
    const auto verdict = judged(needs_set({{"a.1"}}), django({"a.1", "a.1"}));
    CHECK(verdict.current == Ids{"a.1"});
    CHECK(verdict.reason == "at a.1, needs a.1, which is applied");
}

TEST_CASE("a literal means that one migration, and several all of them", "[compare]") {
    const auto literal = [](const std::string& text) {
        return Requirement{"django", text, "", read_literal(text, tools::kDjango.books).value()};
    };
    CHECK(state_of(judged(literal("a.2"), django({"a.1", "a.2"}))) == "satisfied");
    CHECK(state_of(judged(literal("a.2"), django({"a.1", "a.3"}))) == "behind");
    const auto verdict = judged(literal("a.2,b.1"), django({"a.2"}));
    CHECK(verdict.missing == Ids{"b.1"});
    CHECK(verdict.reason == "at a.2, needs a.2, b.1 (1 missing: b.1); run the upgrade");
    CHECK_FALSE(applied_count(literal("a.2,b.1"), verdict));
}

// ---- Squashes -----------------------------------------------------------------------------------------------------

const Item kSquash{"a.1_squashed_3", {"a.1", "a.2", "a.3"}};

TEST_CASE("a squash is met by its own row, or by all that it replaces", "[compare]") {
    const auto needs = needs_set({kSquash, {"a.4"}});
    CHECK(state_of(judged(needs, django({"a.1_squashed_3", "a.4"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"a.1", "a.2", "a.3", "a.4"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"a.1", "a.2", "a.3", "a.1_squashed_3", "a.4"}))) == "satisfied");
    const auto half = judged(needs, django({"a.1", "a.2", "a.4"}));
    CHECK(state_of(half) == "behind");
    CHECK(half.missing == Ids{"a.1_squashed_3"});
    CHECK(half.reason == "at a.4, needs 2 migrations (1 missing: a.3, which a.1_squashed_3 replaces); run the upgrade");
}

TEST_CASE("a squash of squashes is met by whatever mixture stands for it", "[compare]") {
    auto needs = needs_set({{"a.big", {"a.1_squashed_3", "a.4"}}});
    std::get<SetRequirement>(needs.needs).others = {kSquash};
    CHECK(state_of(judged(needs, django({"a.big"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"a.1_squashed_3", "a.4"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"a.1", "a.2", "a.3", "a.4"}))) == "satisfied");
    CHECK(state_of(judged(needs, django({"a.1", "a.2", "a.4"}))) == "behind");
}

TEST_CASE("replacements in a circle meet nothing and end", "[compare]") {
    const auto needs = needs_set({{"a.1", {"a.2"}}, {"a.2", {"a.1"}}});
    CHECK(state_of(judged(needs, django({"a.9"}))) == "behind");
    CHECK(state_of(judged(needs, django({"a.2"}))) == "satisfied");
}

TEST_CASE("replacements without end are asked no deeper than anybody nests them", "[compare]") {
    std::vector<Item> chain;
    for (int i = 0; i < 100'000; ++i) chain.push_back({"a." + std::to_string(i), {"a." + std::to_string(i + 1)}});
    auto needs = needs_set({{"a.top", {"a.0"}}});
    std::get<SetRequirement>(needs.needs).others = std::move(chain);
    CHECK(state_of(judged(needs, django({"a.100000"}))) == "behind");
}

// ---- Baselines, undone and deleted rows ---------------------------------------------------------------------------

TEST_CASE("versions compare as numbers between dots", "[compare]") {
    CHECK(state_of(judged(needs_flyway({"1", "1.10"}), flyway({{"1.0"}, {"01.010"}}))) == "satisfied");
    CHECK(state_of(judged(needs_flyway({"1.9"}), flyway({{"1.10"}}))) == "behind");
}

TEST_CASE("a baseline stands for all at or below it, and for no repeatable", "[compare]") {
    const std::vector<Row> rows{{"3", Mark::baseline}, {"4"}};
    CHECK(state_of(judged(needs_flyway({"1", "2", "3.0", "4"}), flyway(rows))) == "satisfied");
    CHECK(judged(needs_flyway({"3", "3.1", "4"}), flyway(rows)).missing == Ids{"3.1"});
    CHECK(judged(needs_flyway({"1", "R__views"}), flyway(rows)).missing == Ids{"R__views"});
    CHECK(judged(needs_flyway({"1", "2"}), flyway({{"1", Mark::baseline}, {"2", Mark::dirty}})).missing == Ids{"2"});
}

TEST_CASE("a baseline that was undone or struck off sums up nothing any more", "[compare]") {
    for (const auto mark : {Mark::undone, Mark::half_undone, Mark::deleted}) {
        CHECK(judged(needs_flyway({"1", "5"}), flyway({{"5", Mark::baseline}, {"5", mark}})).missing == Ids{"1", "5"});
        // The next lower one still stands.
        const std::vector<Row> two{{"3", Mark::baseline}, {"7", Mark::baseline}, {"7", mark}};
        CHECK(judged(needs_flyway({"2", "3", "4"}), flyway(two)).missing == Ids{"4"});
    }
    const std::vector<Row> again{{"5", Mark::baseline}, {"5", Mark::undone}, {"5"}};
    CHECK(judged(needs_flyway({"1", "5"}), flyway(again)).missing == Ids{"1"});
}

TEST_CASE("a baseline stands for nothing that was undone after it", "[compare]") {
    const Ids five{"5"};
    CHECK(judged(needs_flyway({"5"}), flyway({{"7", Mark::baseline}, {"5", Mark::undone}})).missing == five);
    CHECK(judged(needs_flyway({"5"}), flyway({{"7", Mark::baseline}, {"5", Mark::half_undone}})).missing == five);
    CHECK(judged(needs_flyway({"5"}), flyway({{"5"}, {"5", Mark::undone}, {"7", Mark::baseline}})).missing.empty());
    CHECK(judged(needs_flyway({"5"}), flyway({{"5"}, {"7", Mark::baseline}, {"5", Mark::deleted}})).missing.empty());
    CHECK(judged(needs_flyway({"4"}), flyway({{"7", Mark::baseline}, {"5", Mark::undone}})).missing.empty());
    const std::vector<Row> newer_above{{"7", Mark::baseline}, {"5", Mark::undone}, {"9", Mark::baseline}};
    CHECK(judged(needs_flyway({"5"}), flyway(newer_above)).missing.empty());
}

TEST_CASE("what was undone is not applied, until it is applied anew", "[compare]") {
    const auto needs = needs_flyway({"1", "2"});
    CHECK(judged(needs, flyway({{"1"}, {"2"}, {"2", Mark::undone}})).missing == Ids{"2"});
    CHECK(judged(needs, flyway({{"1"}, {"2"}, {"2.0", Mark::undone}, {"2"}})).missing.empty());
    CHECK(judged(needs, flyway({{"1"}, {"2"}, {"2", Mark::deleted}})).missing == Ids{"2"});
    CHECK(judged(needs, flyway({{"2", Mark::undone}, {"1"}, {"2"}})).missing.empty());
}

TEST_CASE("a database where all was undone is unmigrated", "[compare]") {
    const auto verdict = judged(needs_flyway({"1"}), flyway({{"1"}, {"1", Mark::undone}}));
    CHECK(state_of(verdict) == "unmigrated");
    CHECK(verdict.reason == R"(table "bookkeeping" records nothing applied in database "orders" (role "ro", schemas )"
                            R"(searched: public), needs 1; run the upgrade)");
}

TEST_CASE("half an undo leaves the migration dirty", "[compare]") {
    const auto rows = std::vector<Row>{{"1"}, {"2"}, {"2", Mark::half_undone}};
    CHECK(state_of(judged(needs_flyway({"1", "2"}), flyway(rows))) == "dirty");
    CHECK(state_of(judged(needs_flyway({"1"}), flyway(rows))) == "satisfied");
}

TEST_CASE("a summary of files that are gone is also met by a row that was struck off when they went", "[compare]") {
    auto needs = needs_set({{"2", {}, true}, {"3"}}, "flyway");
    CHECK(judged(needs, flyway({{"2", Mark::baseline}, {"3"}})).missing.empty());
    CHECK(judged(needs, flyway({{"1"}, {"2"}, {"3"}})).missing.empty());
    CHECK(judged(needs, flyway({{"1"}, {"2"}, {"3"}, {"1", Mark::deleted}, {"2", Mark::deleted}})).missing.empty());
    CHECK(judged(needs, flyway({{"1"}, {"2"}, {"2", Mark::undone}})).missing == Ids{"2", "3"});
}

TEST_CASE("a summary is met by whatever is applied above it, since the tool then passes it over", "[compare]") {
    const auto needs = needs_set({{"5", {}, true}, {"6"}}, "flyway");
    CHECK(judged(needs, flyway({{"1"}, {"4"}, {"6"}})).missing.empty());
    CHECK(judged(needs, flyway({{"1"}, {"5.0"}, {"6"}})).missing.empty());
    CHECK(judged(needs, flyway({{"7", Mark::baseline}})).missing.empty());
    CHECK(judged(needs, flyway({{"1"}, {"4"}})).missing == Ids{"5", "6"});
    CHECK(judged(needs, flyway({{"1"}, {"4"}, {"6", Mark::dirty}})).missing == Ids{"5", "6"});
    CHECK(judged(needs, flyway({{"1"}, {"6"}, {"6", Mark::undone}})).missing == Ids{"5", "6"});
    CHECK(judged(needs, flyway({{"1"}, {"R__views"}})).missing == Ids{"5", "6"});
    CHECK(judged(needs_flyway({"5", "6"}), flyway({{"1"}, {"4"}, {"6"}})).missing == Ids{"5"});
}

// ---- Failures -----------------------------------------------------------------------------------------------------

TEST_CASE("a failed migration concerns only images that need it or a later one", "[compare]") {
    const std::vector<Row> rows{{"1"}, {"2"}, {"3", Mark::dirty}};
    CHECK(state_of(judged(needs_flyway({"1", "2"}), flyway(rows))) == "satisfied");
    CHECK(state_of(judged(needs_flyway({"1", "2", "3"}), flyway(rows))) == "dirty");
    CHECK(state_of(judged(needs_flyway({"1", "2", "4"}), flyway(rows))) == "dirty");  // it stands below
    CHECK(state_of(judged(needs_flyway({"1", "2", "2.5"}), flyway(rows))) == "behind");
    CHECK(judged(needs_flyway({"1"}), flyway(rows)).failed == Ids{"3"});
}

TEST_CASE("without an order only a required migration that failed is dirty", "[compare]") {
    auto seen = django({"a.1"});
    seen.rows.push_back({"a.2", Mark::dirty});
    CHECK(state_of(judged(needs_set({{"a.1"}, {"a.2"}}), seen)) == "dirty");
    CHECK(state_of(judged(needs_set({{"a.1"}, {"a.3"}}), seen)) == "behind");
    CHECK(state_of(judged(needs_set({{"a.1"}, {"a.s", {"a.2", "a.3"}}}), seen)) == "dirty");
}

TEST_CASE("a repeatable is met by any successful run of it", "[compare]") {
    const auto needs = needs_flyway({"1", "R__views"});
    CHECK(judged(needs, flyway({{"1"}, {"R__views"}, {"R__views", Mark::dirty}})).missing.empty());
    CHECK(state_of(judged(needs, flyway({{"1"}, {"R__views", Mark::dirty}}))) == "dirty");
    CHECK(state_of(judged(needs, flyway({{"1"}, {"R__other", Mark::dirty}}))) == "behind");
    CHECK(judged(needs, flyway({{"1"}, {"R__views"}, {"R__views", Mark::deleted}})).missing == Ids{"R__views"});
}

TEST_CASE("a repeatable whose newest run failed is in the way of whatever else is missing", "[compare]") {
    const std::vector<Row> rows{{"1"}, {"R__views"}, {"R__views", Mark::dirty}};
    const auto verdict = judged(needs_flyway({"1", "2", "R__views"}), flyway(rows, ToolLock::free));
    CHECK(state_of(verdict) == "dirty");
    CHECK(verdict.missing == Ids{"2"});
    CHECK(verdict.reason ==
          "migration R__views failed, needs 3 migrations (1 missing: 2); repair the schema, run flyway repair, run the "
          "upgrade again");
    CHECK(state_of(judged(needs_flyway({"1", "R__views"}), flyway(rows))) == "satisfied");
    CHECK(state_of(judged(needs_flyway({"1", "2"}), flyway(rows))) == "behind");
}

TEST_CASE("a failed migration that was run again with success has not failed", "[compare]") {
    const auto verdict = judged(needs_flyway({"1"}), flyway({{"1", Mark::dirty}, {"1"}}));
    CHECK(state_of(verdict) == "satisfied");
    CHECK(verdict.failed.empty());
}

TEST_CASE("the reason of a dirty set tells running from failed, and the tool's own remedy", "[compare]") {
    const std::vector<Row> rows{{"1"}, {"2", Mark::dirty}};
    const auto reason = [&](ToolLock lock) { return judged(needs_flyway({"1", "2", "3"}), flyway(rows, lock)).reason; };
    CHECK(reason(ToolLock::held) ==
          "migration 2 is running, needs 3 migrations (2 missing: 2, 3); wait for it to finish");
    CHECK(reason(ToolLock::free) ==
          "migration 2 failed, needs 3 migrations (2 missing: 2, 3); repair the schema, run flyway repair, run the "
          "upgrade again");
    CHECK(reason(ToolLock::none) ==
          "migration 2 is running or failed, needs 3 migrations (2 missing: 2, 3); if nothing is running, repair the "
          "schema, run flyway repair, run the upgrade again");
}

// ---- What was merged late -----------------------------------------------------------------------------------------

TEST_CASE(
    "a migration that was merged below an applied one is missing, and the reason says what the tool does about it",
    "[compare]") {
    const auto verdict = judged(needs_flyway({"1", "2", "3"}), flyway({{"1"}, {"3"}}));
    CHECK(state_of(verdict) == "behind");
    CHECK(verdict.missing == Ids{"2"});
    CHECK(verdict.reason ==
          "at 3, needs 3 migrations (1 missing: 2); 2 stands below 3, which is applied: flyway runs it only with "
          "outOfOrder=true, and mostly refuses to run anything until then; give it a higher version, or let it run out "
          "of order");
    CHECK(judged(needs_flyway({"1", "4"}), flyway({{"1"}, {"3"}})).reason ==
          "at 3, needs 2 migrations (1 missing: 4); run the upgrade");
}

TEST_CASE("what to do about a late migration is for its tool to say", "[compare]") {
    const model::Bookkeeping books{.tool = "house",
                                   .ordering = model::Ordering::set,
                                   .ids = model::IdOrder::number,
                                   .late = "skips it; number it anew"};
    CHECK(
        judged(needs_set({{"1"}, {"2"}, {"3"}}), kept_by(books, {{"1"}, {"3"}})).reason ==
        "at 3, needs 3 migrations (1 missing: 2); 2 stands below 3, which is applied: house skips it; number it anew");
}

TEST_CASE("a tool that runs late migrations is simply to be run", "[compare]") {
    const model::Bookkeeping books{.tool = "rails", .ordering = model::Ordering::set, .ids = model::IdOrder::number};
    const auto verdict = judged(needs_set({{"1"}, {"2"}, {"3"}}), kept_by(books, {{"1"}, {"3"}}));
    CHECK(verdict.reason == "at 3, needs 3 migrations (1 missing: 2); run the upgrade");
}

// ---- What its tool did not write ----------------------------------------------------------------------------------

TEST_CASE("a version that is none of the tool's makes the table unreadable", "[compare]") {
    const auto verdict = judged(needs_flyway({"1"}), flyway({{"1"}, {"one"}}));
    CHECK(state_of(verdict) == "unreadable");
    CHECK(verdict.reason ==
          R"(version "one" in table "bookkeeping" is none of flyway; check that table and tool belong together)");
}

TEST_CASE("a literal of an unknown tool means what the tool that is found makes of it", "[compare]") {
    const Requirement needs{"auto", "2", "", LiteralRequirement{"2"}};
    CHECK(state_of(judged(needs, flyway({{"1"}, {"2.0"}}))) == "satisfied");
    CHECK(judged(needs, flyway({{"1"}})).missing == Ids{"2"});
    const auto verdict = judged(needs, django({"a.2"}));
    CHECK(state_of(verdict) == "unreadable");
    CHECK(verdict.reason ==
          R"(require: "2" names no migration of django; write app.name; for a baked file write @FILE)");
    CHECK(state_of(judged(needs, support::without_table())) == "unmigrated");
}

// ---- Size ---------------------------------------------------------------------------------------------------------

TEST_CASE("of a hundred thousand rows each meets its item, and one that lacks is found", "[compare][large]") {
    std::vector<Row> rows;
    Ids ids;
    for (int i = 1; i <= 100'000; ++i) {
        rows.push_back({std::to_string(i)});
        ids.push_back(std::to_string(i) + ".0");
    }
    const auto seen = flyway(std::move(rows));
    const auto needs = needs_flyway(ids);
    CHECK(judged(needs, seen).missing.empty());
    auto lacking = seen;
    lacking.rows.erase(lacking.rows.begin() + 49'999);
    CHECK(judged(needs, lacking).missing == Ids{"50000.0"});
}

}  // namespace
}  // namespace schemalatch::gate
