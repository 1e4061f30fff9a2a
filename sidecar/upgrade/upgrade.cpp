#include "sidecar/upgrade/upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "probes/model/printable.h"
#include "sidecar/gate/run.h"
#include "sidecar/log.h"
#include "sidecar/upgrade/pulse.h"

namespace schemalatch::upgrade {

namespace {

using model::Deadline;
using model::Duration;
using model::FailureKind;
using model::Outcome;
using model::ProbeFailure;
using model::TimePoint;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kConnectDeadline{5000};
constexpr Duration kBetweenConnects{500};
constexpr Duration kRefusedLimit{30'000};  // a role or password may be on its way; not for long
constexpr Duration kBetweenTries{100};
constexpr Duration kTellEvery{30'000};

// Less than kStall, or the guardian would take us for dead; and less than the server needs to let go of the lock of a
// peer that vanished, or two commands could run.
constexpr Duration kAnswerDeadline{3000};
static_assert(kAnswerDeadline < kStall);

constexpr Duration kBeatEvery{500};
constexpr Duration kFirstLooksEvery{5};
constexpr Duration kLaterLooksEvery{50};
constexpr Duration kFirstLooksFor{60'000};
constexpr int kLookShare = 10;  // a look of a large table must not load the server: so many times its length between

ExitCode exit_code_of(const ProbeFailure& failure) { return schemalatch::exit_code_of(gate::state_of(failure.kind)); }

std::string seconds_of(Duration time) {
    if (time < seconds{1}) return std::to_string(time.count()) + " ms";
    return std::to_string(std::chrono::duration_cast<seconds>(time).count()) + " s";
}

std::string text_of(const CommandEnd& end) {
    switch (end.how) {
        case CommandEnd::How::exited:
            return "exited with " + std::to_string(end.number);
        case CommandEnd::How::killed:
            return "was ended by signal " + std::to_string(end.number);
        case CommandEnd::How::not_started:
            return std::string{"could not be started: "} + std::strerror(end.number);
    }
    return "";
}

// As a shell tells it.
int exit_code_of(const CommandEnd& end) {
    switch (end.how) {
        case CommandEnd::How::exited:
            return end.number;
        case CommandEnd::How::killed:
            return 128 + end.number;
        case CommandEnd::How::not_started:
            return end.number == ENOENT ? 127 : 126;
    }
    return 0;
}

bool is_ready(const gate::Verdict& verdict) { return verdict.state == gate::State::satisfied && !verdict.assumed; }

// Says what is waited for when it changes, and from time to time that nothing has changed.
class Teller {
public:
    Teller(std::string name, const Pace& pace) : name_{std::move(name)}, pace_{pace} {}

    void tell(const std::string& text) {
        if (text == told_ && pace_.now() < again_at_) return;
        log::info(name_ + ": " + text);
        told_ = text;
        again_at_ = pace_.now() + kTellEvery;
    }

private:
    std::string name_;
    const Pace& pace_;
    std::string told_;
    TimePoint again_at_;
};

// Thrown through the phases: nothing more is to be done.
struct Over {
    Result result;
};

// Thrown likewise: the session is gone, and the lock with it, but the command has not been run yet.
struct Lost {
    std::string detail;
};

class Upgrade {
public:
    Upgrade(const Task& task, const Surroundings& around)
        : task_{task},
          session_{around.session},
          command_{around.command},
          pace_{around.pace},
          started_{pace_.now()},
          teller_{task.name, around.pace} {}

    Result run() {
        try {
            for (;;) {
                try {
                    return run_once();
                } catch (const Lost& lost) {
                    teller_.tell("the session was lost before the command was run: " + lost.detail +
                                 "; from the start");
                    sleep(kBetweenConnects);
                }
            }
        } catch (const Over& over) {
            return over.result;
        }
    }

private:
    Result run_once() {
        connect();
        refuse_void_lock();
        lock();
        open_journal();
        await_predecessors();
        const auto before = look();
        prepare(before);
        return run_command(before);
    }

    // --- phases ---
    void connect();
    void lock();
    void open_journal();
    void await_predecessors();
    gate::Verdict look();
    void prepare(const gate::Verdict& before);
    Result run_command(const gate::Verdict& before);

    // --- while the command runs ---
    CommandEnd watch();
    void beat();
    void look_while_it_runs();
    void pass_signals();
    void check(const model::Said<void>& said);
    Result conclude(const CommandEnd& end);
    Result finish(Outcome outcome, std::optional<int> exit_code, const gate::Verdict* after, Result result);
    Result lost_lock();

    // --- shared ---
    [[noreturn]] static void over(ExitCode code, std::string text) { throw Over{{code, std::move(text)}}; }
    Deadline soon(Duration time = kAnswerDeadline) const { return {pace_.now() + time, -1}; }
    void sleep(Duration time) {
        pace_.sleep_until(pace_.now() + time, -1);
        stop_if_told();
    }
    void stop_if_told() {
        if (const int signal = pace_.take_signal(); signal != 0 && signal != SIGHUP)
            over(exit_code_of_signal(signal), "told to stop before the command was run");
    }
    void announce() { session_.announce(soon()); }
    void refuse_void_lock();
    [[noreturn]] void refuse_to_lock(const ProbeFailure& why) const {
        over(ExitCode::config, "the server cannot lock: " + why.detail + "; " + session_.lock_remedy());
    }
    void grant();
    void refuse_repetition();
    std::vector<std::string> additions() const;

    const Task& task_;
    model::UpgradeSession& session_;
    CommandRunner& command_;
    Pace& pace_;
    TimePoint started_;
    Teller teller_;
    bool saw_lock_held_ = false;
    TimePoint locked_at_;
    bool has_journal_ = false;
    bool announced_ = false;
    bool runs_ = false;
    bool lost_ = false;
    int stopped_by_ = 0;
    TimePoint beaten_at_, recorded_at_, look_at_;
};

void Upgrade::connect() {
    const auto end = pace_.now() + task_.options.connect_timeout;
    std::optional<TimePoint> refused_since;
    for (;;) {
        const auto opened = session_.open(soon(kConnectDeadline));
        if (opened) return;
        stop_if_told();
        const auto& failure = opened.error();
        const bool refused = failure.kind != FailureKind::unreachable;
        if (!refused) refused_since.reset();
        if (refused && !refused_since) refused_since = pace_.now();
        const auto limit = refused_since ? std::min(end, *refused_since + kRefusedLimit) : end;
        if (pace_.now() >= limit) over(exit_code_of(failure), failure.detail);
        teller_.tell("waiting for the database: " + failure.detail);
        pace_.sleep_until(std::min(limit, pace_.now() + kBetweenConnects), -1);
        stop_if_told();
    }
}

// By asking again and again: a session that blocks for a lock holds up CREATE INDEX CONCURRENTLY of who has it.
void Upgrade::lock() {
    const auto end = pace_.now() + task_.options.wait_lock;
    for (;;) {
        const auto taken = session_.try_lock(soon());
        if (taken && *taken) break;
        if (!taken && taken.error().kind != FailureKind::unreachable) refuse_to_lock(taken.error());
        if (!taken) {
            connect();
            continue;
        }
        saw_lock_held_ = true;
        const auto holder = session_.holder(soon());
        if (pace_.now() >= end)
            over(ExitCode::locked,
                 "the lock is still held after " + seconds_of(task_.options.wait_lock) + ", by " + holder);
        teller_.tell("waiting for the lock, held by " + holder);
        pace_.sleep_until(std::min(end, pace_.now() + kBetweenTries), -1);
        stop_if_told();
    }
    locked_at_ = pace_.now();
    command_.hold(session_.lock_fd());
}

void Upgrade::refuse_void_lock() {
    const auto end = pace_.now() + task_.options.connect_timeout;
    for (;;) {
        const auto why = session_.why_lock_is_void(soon(kConnectDeadline));
        if (why && why->empty()) return;
        if (why)
            over(ExitCode::config,
                 "a lock taken through this URL would keep nobody out (" + *why + "); " + session_.lock_remedy());
        if (pace_.now() >= end) over(exit_code_of(why.error()), why.error().detail);
        if (why.error().kind == FailureKind::unreadable) refuse_to_lock(why.error());
        teller_.tell("waiting for a second session, to try what a lock is worth: " + why.error().detail);
        sleep(kBetweenConnects);
        connect();
    }
}

void Upgrade::open_journal() {
    const auto opened = session_.open_journal(soon());
    has_journal_ = opened.has_value();
    if (has_journal_) return;
    check(tl::make_unexpected(opened.error()));
    log::warn(task_.name + ": no journal (" + opened.error().detail +
              "): sidecars cannot tell of this run, wait cannot tell that it failed, an old image cannot tell a newer "
              "revision from a stray one, and who takes over can only wait");
}

// The lock is free, yet a command that outlived its runner may be at work: its sessions carry its run's id.
void Upgrade::await_predecessors() {
    for (;;) {
        if (!has_journal_) break;
        const auto found = session_.predecessors(soon());
        if (!found) {
            check(tl::make_unexpected(found.error()));
            break;
        }
        const auto alive = std::find_if(found->begin(), found->end(),
                                        [](const auto& it) { return it.active || it.silent < model::kHeartbeatLimit; });
        if (alive == found->end()) return;
        teller_.tell(
            "waiting for run " + model::printable(alive->id) + " of " + model::printable(alive->by) +
            (alive->active ? ", whose sessions are still at work" : ", whose heartbeat has only just stopped"));
        sleep(kBetweenTries);
    }
    if (!saw_lock_held_) return;
    const auto end = locked_at_ + model::kHeartbeatLimit;
    while (pace_.now() < end) {
        if (is_ready(look())) return;
        teller_.tell("waiting " + seconds_of(model::kHeartbeatLimit) + " for whoever held the lock before");
        sleep(kBetweenTries);
    }
}

// A table that is locked for a moment is looked at again; whatever else cannot be seen could not be verified either.
gate::Verdict Upgrade::look() {
    const auto end = pace_.now() + task_.options.wait_lock;
    for (;;) {
        const auto seen = session_.observe(soon());
        auto verdict = gate::judge(task_.requirement, seen, gate::UnknownRevision::fail);
        if (seen) return verdict;
        if (seen.error().kind == FailureKind::unreachable) throw Lost{seen.error().detail};
        if (seen.error().kind != FailureKind::blocked || pace_.now() >= end)
            over(exit_code_of(seen.error()), seen.error().detail);
        teller_.tell("waiting: " + seen.error().detail);
        sleep(kBetweenTries);
    }
}

void Upgrade::prepare(const gate::Verdict& before) {
    const auto* graph = std::get_if<gate::GraphRequirement>(&task_.requirement.needs);
    if (has_journal_ && graph != nullptr && graph->ancestry)
        check(session_.write_lineage(graph->ancestry->parents(), soon()));
    if (is_ready(before) && !task_.options.always) {
        grant();
        announce();
        over(ExitCode::ready, "already satisfied, nothing is run: " + before.reason);
    }
    refuse_repetition();
}

// Twenty runners that were released together would otherwise fail twenty times.
void Upgrade::refuse_repetition() {
    if (!has_journal_ || task_.options.retry) return;
    const auto runs = session_.newest_runs(soon());
    if (!runs) return check(tl::make_unexpected(runs.error()));
    const auto waited = std::chrono::duration_cast<milliseconds>(pace_.now() - started_);
    const auto failed = std::find_if(runs->begin(), runs->end(), [&](const model::Run& run) {
        const bool is_failure = run.outcome == Outcome::failed || run.outcome == Outcome::not_reached;
        return is_failure && run.ended_ago && *run.ended_ago < waited &&
               gate::is_towards(task_.requirement, run, nullptr);
    });
    if (failed == runs->end()) return;
    const bool reached = failed->outcome == Outcome::failed;
    over(reached ? ExitCode::command_failed : ExitCode::not_reached,
         "the run of " + model::printable(failed->by) + " towards the same or more " +
             (reached ? "failed with exit code " + std::to_string(failed->exit_code.value_or(0)) : "did not reach it") +
             " while this one waited; mend its cause, then run the upgrade again, or give --retry");
}

void Upgrade::grant() {
    const auto granted = session_.grant(task_.readers, soon());
    if (granted) return;
    check(tl::make_unexpected(granted.error()));
    log::warn(task_.name + ": the readers were not granted all that they need: " + granted.error().detail);
}

// By whatever the command connects with, as far as that reads libpq's environment.
std::vector<std::string> Upgrade::additions() const {
    std::vector<std::string> additions{"PGAPPNAME=" + task_.runner.run_id};
    if (task_.options.ddl_lock_timeout.empty()) return additions;
    const auto& had = task_.runner.pg_options;
    additions.push_back("PGOPTIONS=" + had + (had.empty() ? "" : " ") +
                        "-c lock_timeout=" + task_.options.ddl_lock_timeout);
    return additions;
}

Result Upgrade::run_command(const gate::Verdict& before) {
    if (has_journal_)
        check(session_.begin({task_.runner.run_id, task_.requirement.digest, required_ids(task_.requirement),
                              before.current, task_.runner.host, task_.runner.pod, task_.runner.command},
                             soon()));
    stop_if_told();
    log::info(task_.name + ": " + before.reason + ": running " + model::printable(task_.runner.command));
    look_at_ = beaten_at_ = recorded_at_ = pace_.now();
    runs_ = true;
    command_.run(additions());
    const auto end = watch();
    return lost_ ? lost_lock() : conclude(end);
}

CommandEnd Upgrade::watch() {
    const auto started = pace_.now();
    for (;;) {
        if (const auto end = command_.end()) {
            lost_ = lost_ || end->lock_let_go;
            return *end;
        }
        pass_signals();
        beat();
        look_while_it_runs();
        const auto pause = pace_.now() - started < kFirstLooksFor ? kFirstLooksEvery : kLaterLooksEvery;
        const auto next = lost_ ? pace_.now() + kBeatEvery : std::max(look_at_, pace_.now() + pause);
        pace_.sleep_until(std::min(next, beaten_at_ + kBeatEvery), command_.fd());
    }
}

void Upgrade::pass_signals() {
    const int signal = pace_.take_signal();
    if (signal == 0) return;
    if (signal == SIGHUP) return command_.pass(signal);
    log::info(fmt::format("{}: told to stop by signal {}: stopping the command", task_.name, signal));
    stopped_by_ = signal;
    command_.stop(task_.options.kill_after);
}

// The guardian first: it waits the shortest.
void Upgrade::beat() {
    command_.beat();
    beaten_at_ = pace_.now();
    if (lost_ || pace_.now() - recorded_at_ < model::kHeartbeatEvery) return;
    recorded_at_ = pace_.now();
    check(has_journal_ ? session_.beat(task_.runner.run_id, soon()) : session_.confirm_lock(soon()));
}

void Upgrade::look_while_it_runs() {
    if (lost_ || announced_ || !session_.has_listeners() || pace_.now() < look_at_) return;
    command_.beat();
    const auto started = pace_.now();
    const auto seen = session_.observe(soon());
    look_at_ = pace_.now() + kLookShare * (pace_.now() - started);
    if (!seen) return check(tl::make_unexpected(seen.error()));
    if (!is_ready(gate::judge(task_.requirement, seen, gate::UnknownRevision::fail))) return;
    announced_ = true;
    announce();
}

// A session that is gone has taken the lock along.
void Upgrade::check(const model::Said<void>& said) {
    if (said || said.error().kind != FailureKind::unreachable || lost_) return;
    if (!runs_) throw Lost{said.error().detail};
    lost_ = true;
    log::error(task_.name + ": the lock is lost (" + said.error().detail + "): killing the command");
    command_.kill();
}

Result Upgrade::lost_lock() {
    // Best effort: whoever takes over would else have to find out by the heartbeat.
    if (has_journal_ && session_.open(soon()))  // NOLINT(bugprone-unused-return-value)
        if (session_.open_journal(soon())) session_.end(task_.runner.run_id, {Outcome::lock_lost, {}, {}}, soon());
    return {ExitCode::lock_lost,
            "the lock was lost while the command ran, and the command was killed; see why the connection broke, then "
            "run the upgrade again"};
}

Result Upgrade::conclude(const CommandEnd& end) {
    const int code = exit_code_of(end);
    if (stopped_by_ != 0)
        return finish(Outcome::aborted, code, nullptr,
                      {exit_code_of_signal(stopped_by_), "stopped the command, as told"});
    const auto seen = session_.observe(soon());
    const auto after = gate::judge(task_.requirement, seen, gate::UnknownRevision::fail);
    if (!seen) check(tl::make_unexpected(seen.error()));
    if (lost_) return lost_lock();
    const bool failed = end.how != CommandEnd::How::exited || end.number != 0;
    const std::string said = model::printable(task_.runner.command) + " " + text_of(end);
    if (failed) return finish(Outcome::failed, code, &after, {ExitCode::command_failed, said + "; " + after.reason});
    if (!is_ready(after))
        return finish(Outcome::not_reached, code, &after,
                      {ExitCode::not_reached, said + ", yet the requirement is not met: " + after.reason});
    grant();
    return finish(Outcome::succeeded, code, &after, {ExitCode::ready, after.reason});
}

Result Upgrade::finish(Outcome outcome, std::optional<int> exit_code, const gate::Verdict* after, Result result) {
    if (has_journal_) {
        const auto ended =
            session_.end(task_.runner.run_id,
                         {outcome, exit_code, after == nullptr ? std::vector<std::string>{} : after->current}, soon());
        if (!ended) log::warn(task_.name + ": the end of the run was not recorded: " + ended.error().detail);
    }
    announce();
    return result;
}

}  // namespace

Result upgrade(const Task& task, const Surroundings& surroundings) { return Upgrade{task, surroundings}.run(); }

}  // namespace schemalatch::upgrade
