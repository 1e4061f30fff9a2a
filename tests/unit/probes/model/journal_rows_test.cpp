#include "probes/model/journal_rows.h"

#include <chrono>

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

using std::chrono::milliseconds;

std::vector<JournalField> row(const JournalField& outcome = "failed", const JournalField& ended_ago = "1500") {
    return {"run-1",   outcome, "pod-1",    "2026-11-21T20:51:00Z", "4000",
            ended_ago, "3",     "sha256:x", "2026-11-21T20:51:02Z"};
}

TEST_CASE("a run is read as upgrade writes it", "[journal]") {
    const auto runs = runs_in({row(), row("running", std::nullopt)});
    REQUIRE(runs);
    REQUIRE(runs->size() == 2);
    const auto& run = runs->front();
    CHECK(run.id == "run-1");
    CHECK(run.outcome == Outcome::failed);
    CHECK(run.by == "pod-1");
    CHECK(run.started_ago == milliseconds{4000});
    CHECK(run.ended_ago == milliseconds{1500});
    CHECK(run.exit_code == 3);
    CHECK(run.ended_at == "2026-11-21T20:51:02Z");
    CHECK_FALSE(runs->back().ended_ago);
}

TEST_CASE("a run that is not as upgrade writes it hides no other", "[journal]") {
    auto without_id = row();
    without_id[0] = std::nullopt;
    const auto runs = runs_in({row("exploded"), row("failed", "yesterday"), row(std::nullopt), without_id, row()});
    REQUIRE(runs);
    CHECK(runs->size() == 1);
}

TEST_CASE("runs of other columns are none", "[journal]") {
    CHECK_FALSE(runs_in({{"run-1"}}));
    CHECK(runs_in({})->empty());
}

TEST_CASE("an age that no clock bears is cut", "[journal]") {
    const auto runs = runs_in({row("failed", "9223372036854775807"), row("failed", "-9223372036854775807")});
    REQUIRE(runs);
    CHECK(*runs->front().ended_ago < std::chrono::hours{24 * 366 * 100});
    CHECK(*runs->back().ended_ago > -std::chrono::hours{24 * 366 * 100});
}

TEST_CASE("a lineage is pairs, and a root has no parent", "[journal]") {
    CHECK(lineage_in({{"a", std::nullopt}, {"c", "a"}, {"c", "b"}}) == Parents{{"a", {}}, {"c", {"a", "b"}}});
    CHECK_FALSE(lineage_in({{"a"}}));
    CHECK_FALSE(lineage_in({{std::nullopt, "a"}}));
    CHECK_FALSE(lineage_in(JournalRows(kMostJournalRows + 1, {"a", "b"})));
}

}  // namespace
}  // namespace schemalatch::model
