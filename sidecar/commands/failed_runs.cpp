#include "sidecar/commands/failed_runs.h"

#include <fmt/format.h>

#include <algorithm>

#include "sidecar/gate/run.h"

namespace schemalatch::commands {

namespace {

using model::Outcome;

bool has_failed(const KnownRun& known) {
    const auto outcome = known.run.outcome;
    return known.towards && known.ended && (outcome == Outcome::failed || outcome == Outcome::not_reached);
}

}  // namespace

std::optional<FailedRuns::Ending> FailedRuns::take(const Status& status) {
    std::optional<Ending> ending;
    for (const auto& dependency : status.dependencies) {
        if (!dependency->holds_back()) continue;
        const auto one = take(*dependency);
        if (!ending) ending = one;
    }
    return ending;
}

std::optional<FailedRuns::Ending> FailedRuns::take(const DependencyStatus& dependency) {
    const KnownRun* newest = nullptr;
    for (const auto& known : dependency.runs) {
        if (!has_failed(known)) continue;
        const Key key{dependency.name, known.run.id};
        if (*known.ended >= began_) {
            counted_.insert(key);
            if (newest == nullptr) newest = &known;
        } else if (told_.insert(key).second) {
            older_.push_back(fmt::format("{}: an upgrade before this wait {}; that does not end it", dependency.name,
                                         gate::ended_phrase(known.run)));
        }
    }
    const bool running = std::any_of(dependency.runs.begin(), dependency.runs.end(),
                                     [](const auto& known) { return known.run.outcome == Outcome::running; });
    const auto count = static_cast<std::size_t>(
        std::count_if(counted_.begin(), counted_.end(), [&](const auto& key) { return key.first == dependency.name; }));
    if (newest == nullptr || running || count < most_) return std::nullopt;
    const bool failed = newest->run.outcome == Outcome::failed;
    return Ending{failed ? ExitCode::command_failed : ExitCode::not_reached,
                  fmt::format("{}: the upgrade {}; see its log, mend the cause, run it again", dependency.name,
                              gate::ended_phrase(newest->run))};
}

}  // namespace schemalatch::commands
