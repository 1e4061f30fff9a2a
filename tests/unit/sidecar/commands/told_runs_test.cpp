#include "sidecar/commands/told_runs.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/commands/failed_runs.h"
#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::commands {
namespace {

using model::JournalState;
using model::Outcome;
using std::chrono::seconds;
using support::behind;
using support::status_of;

const model::TimePoint kBegan{seconds{1000}};

KnownRun failed(std::string id) {
    KnownRun known;
    known.run.id = std::move(id);
    known.run.outcome = Outcome::failed;
    known.run.ended_at = "2026-11-21T20:41:00Z";
    known.towards = true;
    return known;
}

KnownRun running(std::string id) {
    auto known = failed(std::move(id));
    known.run.outcome = Outcome::running;
    known.run.ended_at.clear();
    return known;
}

DependencyStatus with(std::vector<KnownRun> runs, std::optional<JournalState> journal = JournalState::present) {
    auto dependency = behind();
    dependency.runs = std::move(runs);
    dependency.journal = journal;
    return dependency;
}

// A wait that asks a sidecar.
class Wait {
public:
    bool ends_by(std::vector<DependencyStatus> answer) {
        now_ += seconds{1};
        auto status = status_of(std::move(answer));
        told_.date(status, now_);
        return failures_.take(status).has_value();
    }
    std::size_t older() { return failures_.take_older().size(); }

private:
    model::TimePoint now_ = kBegan;
    ToldRuns told_;
    FailedRuns failures_{kBegan, 1};
};

TEST_CASE("a failure that stands in a sidecar's first answer is from before the wait, a later one ends it", "[wait]") {
    Wait wait;
    CHECK_FALSE(wait.ends_by({with({failed("old")})}));
    CHECK(wait.older() == 1);
    CHECK_FALSE(wait.ends_by({with({running("new"), failed("old")})}));
    CHECK(wait.ends_by({with({failed("new"), failed("old")})}));
}

TEST_CASE("a run that was going on in a sidecar's first answer ends the wait when it fails", "[wait]") {
    Wait wait;
    CHECK_FALSE(wait.ends_by({with({running("1")})}));
    CHECK(wait.ends_by({with({failed("1")})}));
}

TEST_CASE("the first run ever ends the wait, whose first answer knew that there was no journal", "[wait]") {
    Wait wait;
    CHECK_FALSE(wait.ends_by({with({}, JournalState::absent)}));
    CHECK(wait.ends_by({with({failed("1")})}));
}

TEST_CASE("what a sidecar finds out only later is from before the wait", "[wait]") {
    for (const auto& unknown : {std::optional<JournalState>{}, std::optional{JournalState::denied}}) {
        Wait wait;
        CHECK_FALSE(wait.ends_by({with({}, unknown)}));
        CHECK_FALSE(wait.ends_by({with({failed("old")})}));
        CHECK(wait.ends_by({with({failed("new"), failed("old")})}));
    }
}

TEST_CASE("a sidecar that has started anew tells old failures and new ones apart as the one before it did", "[wait]") {
    Wait wait;
    CHECK_FALSE(wait.ends_by({with({failed("old")})}));
    CHECK_FALSE(wait.ends_by({with({}, std::nullopt)}));
    CHECK_FALSE(wait.ends_by({with({failed("old")})}));
    CHECK_FALSE(wait.ends_by({with({}, std::nullopt)}));
    CHECK(wait.ends_by({with({failed("while it was away"), failed("old")})}));
}

TEST_CASE("each dependency has a first answer of its own", "[wait]") {
    Wait wait;
    auto other = with({failed("old")});
    other.name = "other";
    CHECK_FALSE(wait.ends_by({with({})}));
    CHECK_FALSE(wait.ends_by({with({}), other}));
    CHECK(wait.ends_by({with({failed("new")}), other}));
}

TEST_CASE("a run that a sidecar gives no id ends no wait", "[wait]") {
    Wait wait;
    CHECK_FALSE(wait.ends_by({with({})}));
    CHECK_FALSE(wait.ends_by({with({failed("")})}));
}

}  // namespace
}  // namespace schemalatch::commands
