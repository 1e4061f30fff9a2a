#include "sidecar/bake/observed.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/known_tools.h"
#include "tests/support/requirements.h"

namespace schemalatch::bake {
namespace {

using gate::State;
using model::Mark;
using model::Row;
using Ids = std::vector<std::string>;

model::Observation seen_by(const tools::ToolPtr& tool, std::vector<Row> rows) {
    return support::kept_by(tool->books, std::move(rows));
}

Ids ids_in(const model::Observation& seen) {
    const auto baked = bake_observation(seen);
    REQUIRE(baked);
    if (const auto* set = std::get_if<gate::SetRequirement>(&baked->needs)) {
        CHECK(set->whole);
        Ids ids;
        for (const auto& item : set->items) ids.push_back(item.id);
        return ids;
    }
    if (const auto* number = std::get_if<gate::NumberRequirement>(&baked->needs)) return {number->at_least.text()};
    const auto& graph = std::get<gate::GraphRequirement>(baked->needs);
    CHECK_FALSE(graph.ancestry);
    return graph.revisions;
}

void check_refused(const model::Observation& seen, State state, const std::string& reason) {
    const auto baked = bake_observation(seen);
    REQUIRE_FALSE(baked);
    CHECK(baked.error().state == state);
    CHECK(baked.error().reason == reason);
}

TEST_CASE("what is applied is required, in the order of ids where they have one, else the oldest first", "[observed]") {
    CHECK(ids_in(seen_by(support::flyway(), {{"1"}, {"2"}, {"1.5"}, {"R__a"}})) == Ids{"1", "1.5", "2", "R__a"});
    CHECK(ids_in(seen_by(support::flyway(), {{"1"}, {"2"}, {"2", Mark::undone}, {"3", Mark::deleted}})) == Ids{"1"});
    CHECK(ids_in(seen_by(support::flyway(), {{"2", Mark::dirty}, {"2"}})) == Ids{"2"});
    CHECK(ids_in(seen_by(support::django(), {{"auth.0001"}, {"shop.0001"}})) == Ids{"auth.0001", "shop.0001"});
    CHECK(ids_in(seen_by(support::golang_migrate(), {{"0042"}})) == Ids{"42"});
    CHECK(ids_in(seen_by(support::alembic(), {{"c"}, {"b"}})) == Ids{"b", "c"});
}

TEST_CASE("a standby is refused before anything else, since it may lag", "[observed]") {
    for (const auto& seen : {seen_by(support::flyway(), {{"1"}}), seen_by(support::flyway(), {{"1", Mark::dirty}}),
                             support::without_table()}) {
        check_refused(support::on_standby(seen), State::unreachable,
                      "only a standby answers, which may lag; bake from the primary");
    }
}

TEST_CASE("a database that records nothing applied is refused", "[observed]") {
    const std::string place{support::kPlace};
    const std::string remedy = "; bake from a database that has all the image's migrations";
    check_refused(support::without_table(), State::unmigrated, "no table \"bookkeeping\" in " + place + remedy);
    check_refused(support::without_rows(), State::unmigrated,
                  "table \"bookkeeping\" records nothing applied in " + place + remedy);
    check_refused(seen_by(support::flyway(), {{"1"}, {"1", Mark::undone}}), State::unmigrated,
                  "table \"bookkeeping\" records nothing applied in " + place + remedy);
    auto nameless = support::without_table();
    nameless.table.clear();
    check_refused(nameless, State::unmigrated, "no table in " + place + remedy);
    auto hostile = support::without_table();
    hostile.table = "a\x1b";
    check_refused(hostile, State::unmigrated, "no table \"a\\x1b\" in " + place + remedy);
}

TEST_CASE("failed and open migrations are refused by name", "[observed]") {
    const std::string before = "the database has migrations that failed or are running: ";
    const std::string remedy = "; bake from one where all have ended well";
    check_refused(seen_by(support::flyway(), {{"1"}, {"2", Mark::dirty}, {"3", Mark::half_undone}}), State::dirty,
                  before + "3, 2" + remedy);
    check_refused(seen_by(support::golang_migrate(), {{"4", Mark::dirty}}), State::dirty, before + "4" + remedy);
}

TEST_CASE("what is no version of the tool, or does not print, is unreadable", "[observed]") {
    check_refused(
        seen_by(support::flyway(), {{"1"}, {"x\n"}}), State::unreadable,
        "the database has a migration \"x\\x0a\", whose name does not print and so cannot be baked; bake from "
        "the files, or from a database where it is called otherwise");
    check_refused(seen_by(support::flyway(), {{"1"}, {"x"}}), State::unreadable, "\"x\" is no version of flyway");
    check_refused(seen_by(support::golang_migrate(), {{"v4"}}), State::unreadable,
                  "version \"v4\" in table \"bookkeeping\" is not a number; check that table and tool belong together");
}

}  // namespace
}  // namespace schemalatch::bake
