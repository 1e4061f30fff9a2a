// Which failed upgrades end a wait. Pure: reads no clock.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "probes/model/probe.h"
#include "sidecar/exit_code.h"
#include "sidecar/status.h"

namespace schemalatch::commands {

// Counts, for each dependency, the upgrades towards its requirement that failed after the wait began. One that was
// stopped, lost its lock or vanished has not failed: somebody may simply run it again.
class FailedRuns {
public:
    struct Ending {
        ExitCode code;
        std::string text;  // one line for people
    };

    // `most`: how many such failures of one dependency end the wait.
    FailedRuns(model::TimePoint began, std::size_t most) : began_{began}, most_{most} {}

    // What the newest status says. nullopt: go on; also while another upgrade is running.
    std::optional<Ending> take(const Status& status);

    // Failures from before the wait, a line each, since the last call. They are never counted.
    std::vector<std::string> take_older() { return std::exchange(older_, {}); }

private:
    using Key = std::pair<std::string, std::string>;  // dependency and run

    std::optional<Ending> take(const DependencyStatus& dependency);

    model::TimePoint began_;
    std::size_t most_;
    std::set<Key> counted_;
    std::set<Key> told_;
    std::vector<std::string> older_;
};

}  // namespace schemalatch::commands
