#include "sidecar/upgrade/upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

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

// A session that is lost again and again once it has the lock: no server that is worth waiting for.
constexpr int kMostRestarts = 10;

// A journal that has cost so many sessions is left alone.
constexpr int kMostLostByJournal = 2;

// Less than kStall, or the guardian would take us for dead; and less than the server needs to let go of the lock of a
// peer that vanished, or two commands could run.
constexpr Duration kAnswerDeadline{3000};
static_assert(kAnswerDeadline < kStall);

constexpr Duration kBeatEvery{500};
constexpr Duration kFirstLooksEvery{5};
constexpr Duration kLaterLooksEvery{50};
constexpr Duration kFirstLooksFor{60'000};
constexpr int kLookShare = 10;  // looks of a large table must not load the server: of what they are longer than the
                                // pause, so many times as much before the next

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

// What a supervisor or a person wants the command to hear; all others tell us to stop it.
bool is_for_the_command(int signal) { return signal == SIGHUP || signal == SIGUSR1 || signal == SIGUSR2; }

// What waiting may cure while nothing is known of the database yet.
bool may_pass(FailureKind kind) {
    return kind == FailureKind::unreachable || kind == FailureKind::denied || kind == FailureKind::blocked;
}

// Likewise, on a session that can ask.
bool may_clear(FailureKind kind) { return kind == FailureKind::unreachable || kind == FailureKind::blocked; }

std::string text_of(const model::Predecessor& run) {
    return "run " + model::printable(run.id) + " of " + model::printable(run.by) +
           (run.active ? " still has sessions at work" : " has only just stopped to give a heartbeat") +
           (run.pid.empty() ? "" : " (to end it: SELECT pg_terminate_backend(" + model::printable(run.pid) + "))");
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
                    if (++restarts_ > kMostRestarts)
                        return {ExitCode::unreachable, "the session was lost again and again under the lock: " +
                                                           lost.detail + "; see the server's log"};
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
    void read_lineage();
    void warn_of_no_journal(const std::string& why) const;
    void await_predecessors();
    gate::Verdict look();
    model::Look patient_look(const std::function<bool()>& pause);
    model::Look verify();
    gate::Verdict judged(model::Look seen) const;
    void prepare(const gate::Verdict& before);
    Result run_command(const gate::Verdict& before);

    // --- while the command runs ---
    CommandEnd watch();
    void beat();
    bool looks_on() const;
    void look_while_it_runs();
    void rest_after(Duration look);
    void pass_signals();
    void check(const model::Said<void>& said);
    void record(const model::Said<void>& said);
    Result conclude(const CommandEnd& end);
    Result finish(Outcome outcome, std::optional<int> exit_code, const gate::Verdict* after, Result result);
    Result lost_lock();

    // --- shared ---
    [[noreturn]] static void over(ExitCode code, std::string text) { throw Over{{code, std::move(text)}}; }
    Deadline soon(Duration time = kAnswerDeadline) const { return {pace_.now() + time, -1}; }
    Deadline unless_told(Duration time) const { return {pace_.now() + time, pace_.stop_fd()}; }
    void sleep(Duration time) {
        pace_.sleep_until(pace_.now() + time, -1);
        stop_if_told();
    }
    void stop_if_told() {
        if (const int signal = pace_.take_signal(); signal != 0 && signal != SIGHUP)
            over(exit_code_of_signal(signal),
                 runs_ ? "told to stop before the result was verified" : "told to stop before the command was run");
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
    std::shared_ptr<const model::Parents> lineage_;  // null: none is known
    bool announced_ = false;
    bool runs_ = false;
    bool lost_ = false;
    bool is_over_ = false;  // the command, and whatever it started
    int stopped_by_ = 0;
    int restarts_ = 0;
    int lost_by_journal_ = 0;
    bool told_of_journal_ = false;
    TimePoint beaten_at_, recorded_at_, look_at_;
    Duration last_look_{};
};

void Upgrade::connect() {
    const auto end = pace_.now() + task_.options.connect_timeout;
    std::optional<TimePoint> refused_since;
    for (;;) {
        const auto opened = session_.open(unless_told(kConnectDeadline));
        if (opened) return;
        stop_if_told();
        const auto& failure = opened.error();
        if (failure.kind != FailureKind::denied) refused_since.reset();
        if (failure.kind == FailureKind::denied && !refused_since) refused_since = pace_.now();
        const auto limit = refused_since ? std::min(end, *refused_since + kRefusedLimit) : end;
        if (pace_.now() >= limit || !may_pass(failure.kind)) over(exit_code_of(failure), failure.detail);
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
        const auto why = session_.why_lock_is_void(unless_told(kConnectDeadline));
        stop_if_told();
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
    has_journal_ = false;
    if (lost_by_journal_ >= kMostLostByJournal) return warn_of_no_journal("it has cost the session twice");
    const auto opened = session_.open_journal(soon());
    has_journal_ = opened.has_value();
    if (has_journal_) return read_lineage();
    check(tl::make_unexpected(opened.error()));
    warn_of_no_journal(opened.error().detail);
}

// Nobody else writes it while we have the lock.
void Upgrade::read_lineage() {
    if (!std::holds_alternative<gate::GraphRequirement>(task_.requirement.needs)) return;
    const auto lineage = session_.lineage(soon());
    if (lineage)
        lineage_ = *lineage;
    else
        record(tl::make_unexpected(lineage.error()));
}

void Upgrade::warn_of_no_journal(const std::string& why) const {
    log::warn(task_.name + ": no journal (" + why +
              "): sidecars cannot tell of this run, wait cannot tell that it failed, an old image cannot tell a newer "
              "revision from a stray one, and who takes over can only wait");
}

// The lock is free, yet a command that outlived its runner may be at work: its sessions carry its run's id.
void Upgrade::await_predecessors() {
    const auto last = pace_.now() + task_.options.wait_lock;
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
        const auto whom = text_of(*alive);
        if (pace_.now() >= last)
            over(ExitCode::locked, "the lock is free, but after " + seconds_of(task_.options.wait_lock) + " " + whom);
        teller_.tell("waiting: " + whom);
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

// Whatever cannot be seen before could not be verified afterwards either.
gate::Verdict Upgrade::look() {
    const auto seen = patient_look([&] {
        sleep(kBetweenTries);
        return true;
    });
    if (!seen && session_.is_lost()) throw Lost{seen.error().detail};
    if (!seen) over(exit_code_of(seen.error()), seen.error().detail);
    return judged(seen);
}

// A table that is locked for a moment, or a server that is short of something, is looked at again, until `pause` says
// no.
model::Look Upgrade::patient_look(const std::function<bool()>& pause) {
    const auto end = pace_.now() + task_.options.wait_lock;
    for (;;) {
        auto seen = session_.observe(soon());
        if (seen || session_.is_lost() || pace_.now() >= end || !may_clear(seen.error().kind)) return seen;
        teller_.tell("waiting: " + seen.error().detail);
        if (!pause()) return seen;
    }
}

// The command's tree is gone by now: a lock that is lost here was not lost while it ran.
model::Look Upgrade::verify() {
    const auto pause = [&] {
        pace_.sleep_until(pace_.now() + kBetweenTries, -1);
        beat();
        return !session_.is_lost() && pace_.take_signal() == 0;
    };
    auto seen = patient_look(pause);
    if (!session_.is_lost()) return seen;
    connect();
    has_journal_ = has_journal_ && session_.open_journal(soon()).has_value();
    return patient_look(pause);
}

// Never by assumption: what the journal's lineage cannot place is left to the command.
gate::Verdict Upgrade::judged(model::Look seen) const {
    if (seen && lineage_) {
        model::Journal journal{.state = model::JournalState::present};
        journal.lineage = lineage_;
        seen->journal = std::make_shared<const model::Journal>(std::move(journal));
    }
    return gate::judge(task_.requirement, seen, gate::UnknownRevision::fail);
}

void Upgrade::prepare(const gate::Verdict& before) {
    const auto* graph = std::get_if<gate::GraphRequirement>(&task_.requirement.needs);
    if (has_journal_ && graph != nullptr && graph->ancestry)
        record(session_.write_lineage(graph->ancestry->parents(), soon()));
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
    if (!runs) return record(tl::make_unexpected(runs.error()));
    const auto waited = std::chrono::duration_cast<milliseconds>(pace_.now() - started_);
    const auto failed = std::find_if(runs->begin(), runs->end(), [&](const model::Run& run) {
        const bool is_failure = run.outcome == Outcome::failed || run.outcome == Outcome::not_reached;
        const bool while_we_waited = run.ended_ago && run.ended_ago->count() >= 0 && *run.ended_ago < waited;
        return is_failure && while_we_waited && gate::is_towards(task_.requirement, run, lineage_.get());
    });
    if (failed == runs->end()) return;
    const bool exited = failed->outcome == Outcome::failed;
    over(exited ? ExitCode::command_failed : ExitCode::not_reached,
         "the run of " + model::printable(failed->by) + " towards the same or more " +
             (exited ? "failed with exit code " + std::to_string(failed->exit_code.value_or(0)) : "did not reach it") +
             " while this one waited; mend its cause, then run the upgrade again, or give --retry");
}

void Upgrade::grant() {
    const auto granted = session_.grant(task_.readers, soon());
    if (granted) return;
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
    stop_if_told();
    if (has_journal_)
        record(session_.begin({task_.runner.run_id, task_.requirement.digest, required_ids(task_.requirement),
                               before.current, task_.runner.host, task_.runner.pod, task_.runner.command},
                              soon()));
    if (const int signal = pace_.take_signal(); signal != 0 && signal != SIGHUP)
        return finish(Outcome::aborted, std::nullopt, nullptr,
                      {exit_code_of_signal(signal), "told to stop before the command was run"});
    log::info(task_.name + ": " + before.reason + ": running " + model::printable(task_.runner.command));
    look_at_ = beaten_at_ = recorded_at_ = pace_.now();
    runs_ = true;
    command_.run(additions());
    const auto end = watch();
    is_over_ = true;
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
        const auto next = looks_on() ? std::max(look_at_, pace_.now() + pause) : TimePoint::max();
        pace_.sleep_until(std::min(next, beaten_at_ + kBeatEvery), command_.fd());
    }
}

void Upgrade::pass_signals() {
    const int signal = pace_.take_signal();
    if (signal == 0) return;
    if (is_for_the_command(signal)) return command_.pass(signal);
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
    if (has_journal_)
        record(session_.beat(task_.runner.run_id, soon()));
    else
        check(session_.confirm_lock(soon()));
}

// What could not be written changes nothing else; but whoever reads the journal is misled.
void Upgrade::record(const model::Said<void>& said) {
    check(said);
    if (said || lost_ || std::exchange(told_of_journal_, true)) return;
    log::warn(task_.name + ": the journal could not be read or written: " + said.error().detail +
              "; sidecars and wait may not hear how this run ends; mend that before the next upgrade");
}

bool Upgrade::looks_on() const { return !lost_ && !announced_ && session_.has_listeners(); }

void Upgrade::look_while_it_runs() {
    if (!looks_on() || pace_.now() < look_at_) return;
    command_.beat();
    const auto started = pace_.now();
    const auto seen = session_.observe(soon());
    rest_after(std::chrono::duration_cast<Duration>(pace_.now() - started));
    if (!seen) return check(tl::make_unexpected(seen.error()));
    if (!is_ready(judged(seen))) return;
    announced_ = true;
    command_.beat();
    announce();
}

// By the shorter of the last two: one that waited, for the command's own lock on the table, say, was no load.
void Upgrade::rest_after(Duration look) {
    const auto length = std::min(look, std::exchange(last_look_, look));
    look_at_ = pace_.now() + kLookShare * std::max(length - kFirstLooksEvery, Duration{});
}

// A session that is gone has taken the lock along.
void Upgrade::check(const model::Said<void>& said) {
    if (said || !session_.is_lost() || lost_) return;
    if (!runs_) {
        ++lost_by_journal_;
        throw Lost{said.error().detail};
    }
    if (is_over_) return;
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
    const bool failed = end.how != CommandEnd::How::exited || end.number != 0;
    const auto seen = failed ? session_.observe(soon()) : verify();
    const auto after = judged(seen);
    const std::string said = model::printable(task_.runner.command) + " " + text_of(end);
    if (failed) return finish(Outcome::failed, code, &after, {ExitCode::command_failed, said + "; " + after.reason});
    if (!seen)
        return finish(Outcome::vanished, code, nullptr,
                      {exit_code_of(seen.error()),
                       said + ", but nobody can see whether the requirement is met: " + seen.error().detail});
    if (!is_ready(after))
        return finish(Outcome::not_reached, code, &after,
                      {ExitCode::not_reached, said + ", yet the requirement is not met: " + after.reason});
    return finish(Outcome::succeeded, code, &after, {ExitCode::ready, after.reason});
}

// The grants come before the news: who hears it shall be able to look.
Result Upgrade::finish(Outcome outcome, std::optional<int> exit_code, const gate::Verdict* after, Result result) {
    if (has_journal_) {
        const auto ended =
            session_.end(task_.runner.run_id,
                         {outcome, exit_code, after == nullptr ? std::vector<std::string>{} : after->current}, soon());
        if (!ended) log::warn(task_.name + ": the end of the run was not recorded: " + ended.error().detail);
    }
    if (outcome == Outcome::succeeded) grant();
    announce();
    return result;
}

}  // namespace

Result upgrade(const Task& task, const Surroundings& surroundings) { return Upgrade{task, surroundings}.run(); }

}  // namespace schemalatch::upgrade
