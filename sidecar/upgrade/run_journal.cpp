#include "sidecar/upgrade/run_journal.h"

#include <utility>

#include "sidecar/gate/run.h"
#include "sidecar/log.h"

namespace schemalatch::upgrade {

namespace {

using model::Said;

// A journal that has cost so many sessions is left alone.
constexpr int kMostSessionsLost = 2;

}  // namespace

Said<void> RunJournal::open() {
    open_ = false;
    if (sessions_lost_ >= kMostSessionsLost) return without("it has cost the session twice");
    auto opened = it_.session.open_journal(it_.soon());
    open_ = opened.has_value();
    if (open_) return read_lineage();
    if (!it_.session.is_lost()) return without(opened.error().detail);
    ++sessions_lost_;
    return opened;
}

bool RunJournal::open_again() {
    open_ = open_ && it_.session.open_journal(it_.soon()).has_value();
    return open_;
}

// Nobody else writes it while we have the lock.
Said<void> RunJournal::read_lineage() {
    if (!std::holds_alternative<gate::GraphRequirement>(it_.task.requirement.needs)) return {};
    auto lineage = noted(it_.session.lineage(it_.soon()));
    if (!lineage) return tl::make_unexpected(lineage.error());
    lineage_ = std::move(*lineage);
    return {};
}

Said<void> RunJournal::without(const std::string& why) const {
    log::warn(it_.task.name + ": no journal (" + why +
              "): sidecars cannot tell of this run, wait cannot tell that it failed, an old image cannot tell a newer "
              "revision from a stray one, and who takes over can only wait");
    return {};
}

// Whoever reads the journal is misled by what it lacks.
void RunJournal::note(const model::ProbeFailure& failure) {
    if (it_.session.is_lost()) {
        ++sessions_lost_;
        return;
    }
    if (std::exchange(told_, true)) return;
    log::warn(it_.task.name + ": the journal could not be read or written: " + failure.detail +
              "; sidecars and wait may not hear how this run ends; mend that before the next upgrade");
}

Said<void> RunJournal::write_lineage(const model::Parents& parents) {
    return open_ ? noted(it_.session.write_lineage(parents, it_.soon())) : Said<void>{};
}

Said<std::vector<model::Predecessor>> RunJournal::predecessors() {
    return open_ ? noted(it_.session.predecessors(it_.soon())) : Said<std::vector<model::Predecessor>>{};
}

Said<std::vector<model::Run>> RunJournal::newest_runs() {
    return open_ ? noted(it_.session.newest_runs(it_.soon())) : Said<std::vector<model::Run>>{};
}

Said<void> RunJournal::begin(const std::vector<std::string>& from) {
    beaten_at_ = it_.pace.now();
    if (!open_) return {};
    const auto& [name, requirement, readers, options, runner] = it_.task;
    return noted(it_.session.begin(
        {runner.run_id, requirement.digest, required_ids(requirement), from, runner.host, runner.pod, runner.command},
        it_.soon()));
}

Said<void> RunJournal::beat() {
    if (it_.pace.now() - beaten_at_ < model::kHeartbeatEvery) return {};
    beaten_at_ = it_.pace.now();
    if (!open_) return it_.session.confirm_lock(it_.soon());
    return noted(it_.session.beat(it_.task.runner.run_id, it_.soon()));
}

void RunJournal::end(const model::RunEnd& end) {
    if (!open_) return;
    const auto ended = it_.session.end(it_.task.runner.run_id, end, it_.soon());
    if (!ended) log::warn(it_.task.name + ": the end of the run was not recorded: " + ended.error().detail);
}

}  // namespace schemalatch::upgrade
