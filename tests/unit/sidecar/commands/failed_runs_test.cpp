#include "sidecar/commands/failed_runs.h"

#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::commands {
namespace {

using model::Outcome;
using std::chrono::seconds;
using support::behind;
using support::status_of;

const model::TimePoint kBegan{seconds{1000}};

// A run towards what is waited for that ended so long after the wait began.
KnownRun ended(std::string id, Outcome outcome, seconds after, bool towards = true) {
    KnownRun known;
    known.run.id = std::move(id);
    known.run.outcome = outcome;
    known.run.by = "pod-1";
    known.run.exit_code = 3;
    known.towards = towards;
    known.ended = kBegan + after;
    return known;
}

KnownRun running(std::string id) {
    KnownRun known;
    known.run.id = std::move(id);
    known.towards = true;
    return known;
}

Status with(std::vector<KnownRun> runs, DependencyStatus dependency = behind()) {
    dependency.runs = std::move(runs);
    return status_of({std::move(dependency)});
}

std::optional<ExitCode> code(const std::optional<FailedRuns::Ending>& ending) {
    return ending ? std::optional{ending->code} : std::nullopt;
}

TEST_CASE("a run that failed during the wait ends it, one that did not reach it with a code of its own", "[wait]") {
    FailedRuns failures{kBegan, 1};
    CHECK_FALSE(failures.take(with({})));
    const auto ending = failures.take(with({ended("1", Outcome::failed, seconds{1})}));
    CHECK(code(ending) == ExitCode::command_failed);
    CHECK(ending->text.find("exit code 3, by pod-1") != std::string::npos);
    FailedRuns others{kBegan, 1};
    CHECK(code(others.take(with({ended("1", Outcome::not_reached, seconds{1})}))) == ExitCode::not_reached);
}

TEST_CASE("an older failure is told once and never counted", "[wait]") {
    FailedRuns failures{kBegan, 1};
    const auto status = with({ended("1", Outcome::failed, -seconds{86'400})});
    CHECK_FALSE(failures.take(status));
    CHECK(failures.take_older().size() == 1);
    CHECK_FALSE(failures.take(status));
    CHECK(failures.take_older().empty());
}

TEST_CASE("nothing but a failure towards what is waited for counts", "[wait]") {
    FailedRuns failures{kBegan, 1};
    for (const auto outcome : {Outcome::succeeded, Outcome::aborted, Outcome::lock_lost, Outcome::vanished})
        CHECK_FALSE(failures.take(with({ended("1", outcome, seconds{1})})));
    CHECK_FALSE(failures.take(with({ended("2", Outcome::failed, seconds{1}, false)})));
    auto told_by_a_sidecar = ended("3", Outcome::failed, seconds{1});
    told_by_a_sidecar.ended.reset();
    CHECK_FALSE(failures.take(with({told_by_a_sidecar})));
    CHECK(failures.take_older().empty());
}

TEST_CASE("while another upgrade is running a failure ends nothing", "[wait]") {
    FailedRuns failures{kBegan, 1};
    const auto failed = ended("1", Outcome::failed, seconds{1});
    CHECK_FALSE(failures.take(with({running("2"), failed})));
    CHECK(failures.take(with({ended("2", Outcome::aborted, seconds{2}), failed})));
}

TEST_CASE("the third of three failures ends the wait, each counted once, even those that the list has lost", "[wait]") {
    FailedRuns failures{kBegan, 3};
    const auto first = with({ended("1", Outcome::failed, seconds{1})});
    CHECK_FALSE(failures.take(first));
    CHECK_FALSE(failures.take(first));
    CHECK_FALSE(failures.take(with({ended("2", Outcome::failed, seconds{2})})));
    CHECK(code(failures.take(with({ended("3", Outcome::not_reached, seconds{3}),
                                   ended("2", Outcome::failed, seconds{2})}))) == ExitCode::not_reached);
}

TEST_CASE("failures are counted for each dependency, and only where it is waited for", "[wait]") {
    FailedRuns failures{kBegan, 2};
    auto one = behind("one");
    auto two = behind("two");
    one.runs = {ended("1", Outcome::failed, seconds{1})};
    two.runs = {ended("1", Outcome::failed, seconds{1})};
    CHECK_FALSE(failures.take(status_of({one, two})));
    FailedRuns strict{kBegan, 1};
    CHECK_FALSE(strict.take(with(one.runs, support::ready())));
    CHECK_FALSE(strict.take(with(one.runs, support::not_enforced(behind()))));
}

}  // namespace
}  // namespace schemalatch::commands
