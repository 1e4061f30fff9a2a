#include "sidecar/commands/told_runs.h"

#include <memory>
#include <utility>

namespace schemalatch::commands {

namespace {

constexpr auto kLongAgo = model::TimePoint::min();

// Where there is no journal, nothing has run yet. Where nobody may read it, or has tried, nothing is known.
bool knows_all_runs(const DependencyStatus& dependency) {
    return dependency.journal == model::JournalState::present || dependency.journal == model::JournalState::absent;
}

}  // namespace

void ToldRuns::date(Status& status, model::TimePoint now) {
    for (auto& dependency : status.dependencies) {
        auto dated = *dependency;
        date(dated, now);
        dependency = std::make_shared<const DependencyStatus>(std::move(dated));
    }
}

void ToldRuns::date(DependencyStatus& dependency, model::TimePoint now) {
    if (!knows_all_runs(dependency)) return;
    const auto [ends, is_first] = ends_.try_emplace(dependency.name);
    for (auto& known : dependency.runs) {
        if (known.run.id.empty() || known.run.ended_at.empty()) continue;
        known.ended = ends->second.try_emplace(known.run.id, is_first ? kLongAgo : now).first->second;
    }
}

}  // namespace schemalatch::commands
