#include "sidecar/upgrade/preparation.h"

#include <algorithm>
#include <array>

#include "probes/model/printable.h"
#include "sidecar/gate/run.h"
#include "sidecar/log.h"
#include "sidecar/upgrade/locking.h"
#include "sidecar/upgrade/schema_look.h"

namespace schemalatch::upgrade {

namespace {

using model::Outcome;
using model::printable;

// A session that is lost again and again once it has the lock: no server that is worth waiting for.
constexpr int kMostRestarts = 10;

// Why the command is not run now.
struct Stop {
    Result result;

    // The lock went with it. Worth another start; `result.text` says how it was lost.
    bool session_lost = false;
};

std::string text_of(const model::Predecessor& run) {
    return "run " + printable(run.id) + " of " + printable(run.by) +
           (run.active ? " still has sessions at work" : " has only just stopped to give a heartbeat") +
           (run.pid.empty() ? "" : " (to end it: SELECT pg_terminate_backend(" + printable(run.pid) + "))");
}

bool may_be_alive(const model::Predecessor& run) { return run.active || run.silent < model::kHeartbeatLimit; }

// nullopt: go on with the next step.
using Step = std::optional<Stop>;

Step stop(std::optional<Result> result) { return result ? Step{Stop{std::move(*result)}} : std::nullopt; }

class Preparation {
public:
    Preparation(Upgrading& upgrading, RunJournal& journal) : it_{upgrading}, journal_{journal} {}

    std::optional<Result> prepare();

private:
    Step once();

    // --- the steps, in their order ---
    Step connect() { return stop(upgrade::connect(it_, kBeforeTheCommand)); }
    Step refuse_void_lock() { return stop(upgrade::refuse_void_lock(it_)); }
    Step take_lock() { return stop(upgrade::take_lock(it_, taken_)); }
    Step open_journal() { return lost_by(journal_.open()); }
    Step await_predecessors();
    Step look();
    Step write_lineage();
    Step leave_what_is_met();
    Step refuse_repetition();
    Step begin();

    Step await_silence();
    Step rest() { return stop(pause(it_, it_.pace.now() + kBetweenTries)); }
    bool failed_while_we_waited(const model::Run& run) const;

    template <typename T>
    Step lost_by(const model::Said<T>& said) const {
        if (said || !it_.session.is_lost()) return std::nullopt;
        return Stop{{ExitCode::unreachable, said.error().detail}, true};
    }

    Upgrading& it_;
    RunJournal& journal_;
    Taken taken_;
    gate::Verdict before_;
};

std::optional<Result> Preparation::prepare() {
    for (int starts = 1;; ++starts) {
        const auto stopped = once();
        if (!stopped) return std::nullopt;
        if (!stopped->session_lost) return stopped->result;
        const auto& how = stopped->result.text;
        if (starts > kMostRestarts)
            return Result{ExitCode::unreachable,
                          "the session was lost again and again under the lock: " + how + "; see the server's log"};
        it_.teller.tell("the session was lost before the command was run: " + how + "; from the start");
        if (auto told = pause(it_, it_.pace.now() + kBetweenConnects)) return told;
    }
}

Step Preparation::once() {
    constexpr std::array kSteps{
        &Preparation::connect,       &Preparation::refuse_void_lock,   &Preparation::take_lock,
        &Preparation::open_journal,  &Preparation::await_predecessors, &Preparation::look,
        &Preparation::write_lineage, &Preparation::leave_what_is_met,  &Preparation::refuse_repetition,
        &Preparation::begin};
    for (const auto step : kSteps) {
        if (auto stopped = (this->*step)()) return stopped;
    }
    return std::nullopt;
}

// The lock is free, yet a command that outlived its runner may be at work: its sessions carry its run's id.
Step Preparation::await_predecessors() {
    if (!journal_.is_open()) return await_silence();
    const auto last = it_.pace.now() + it_.task.options.wait_lock;
    for (;;) {
        const auto found = journal_.predecessors();
        if (auto lost = lost_by(found)) return lost;
        if (!found) return await_silence();
        const auto alive = std::find_if(found->begin(), found->end(), may_be_alive);
        if (alive == found->end()) return std::nullopt;
        const auto whom = text_of(*alive);
        if (it_.pace.now() >= last)
            return Stop{{ExitCode::locked,
                         "the lock is free, but after " + seconds_of(it_.task.options.wait_lock) + " " + whom}};
        it_.teller.tell("waiting: " + whom);
        if (auto stopped = rest()) return stopped;
    }
}

// Nobody can tell us of the one before: time has to do.
Step Preparation::await_silence() {
    const auto end = taken_.at + model::kHeartbeatLimit;
    while (taken_.was_held && it_.pace.now() < end) {
        if (auto stopped = look()) return stopped;
        if (is_ready(before_)) return std::nullopt;
        it_.teller.tell("waiting " + seconds_of(model::kHeartbeatLimit) + " for whoever held the lock before");
        if (auto stopped = rest()) return stopped;
    }
    return std::nullopt;
}

// Whatever cannot be seen before could not be verified afterwards either.
Step Preparation::look() {
    Step stopped;
    const auto seen = patient_look(it_, [&] { return !(stopped = rest()); });
    if (stopped) return stopped;
    if (auto lost = lost_by(seen)) return lost;
    if (!seen) return Stop{{exit_code_of(seen.error()), seen.error().detail}};
    before_ = judged(it_, seen, journal_.lineage());
    return std::nullopt;
}

Step Preparation::write_lineage() {
    const auto* graph = std::get_if<gate::GraphRequirement>(&it_.task.requirement.needs);
    if (graph == nullptr || !graph->ancestry) return std::nullopt;
    return lost_by(journal_.write_lineage(graph->ancestry->parents()));
}

Step Preparation::leave_what_is_met() {
    if (!is_ready(before_) || it_.task.options.always) return std::nullopt;
    grant_readers(it_);
    it_.session.announce(it_.soon());
    return Stop{{ExitCode::ready, "already satisfied, nothing is run: " + before_.reason}};
}

// Twenty runners that were released together would otherwise fail twenty times.
Step Preparation::refuse_repetition() {
    if (it_.task.options.retry) return std::nullopt;
    const auto runs = journal_.newest_runs();
    if (!runs) return lost_by(runs);
    const auto failed =
        std::find_if(runs->begin(), runs->end(), [&](const auto& run) { return failed_while_we_waited(run); });
    if (failed == runs->end()) return std::nullopt;
    const bool exited = failed->outcome == Outcome::failed;
    return Stop{
        {exited ? ExitCode::command_failed : ExitCode::not_reached,
         "the run of " + printable(failed->by) + " towards the same or more " +
             (exited ? "failed with exit code " + std::to_string(failed->exit_code.value_or(0)) : "did not reach it") +
             " while this one waited; mend its cause, then run the upgrade again, or give --retry"}};
}

bool Preparation::failed_while_we_waited(const model::Run& run) const {
    const auto waited = std::chrono::duration_cast<model::Duration>(it_.pace.now() - it_.started);
    const bool failed = run.outcome == Outcome::failed || run.outcome == Outcome::not_reached;
    return failed && run.ended_ago && run.ended_ago->count() >= 0 && *run.ended_ago < waited &&
           gate::is_towards(it_.task.requirement, run, journal_.lineage().get());
}

Step Preparation::begin() {
    if (const int signal = it_.told_to_stop()) return stop(told_to_stop_before(kBeforeTheCommand, signal));
    if (auto lost = lost_by(journal_.begin(before_.current))) return lost;
    if (const int signal = it_.told_to_stop()) {
        journal_.end({Outcome::aborted, {}, {}});
        it_.session.announce(it_.soon());
        return stop(told_to_stop_before(kBeforeTheCommand, signal));
    }
    log::info(it_.task.name + ": " + before_.reason + ": running " + printable(it_.task.runner.command));
    return std::nullopt;
}

}  // namespace

std::optional<Result> prepare(Upgrading& upgrading, RunJournal& journal) {
    return Preparation{upgrading, journal}.prepare();
}

}  // namespace schemalatch::upgrade
