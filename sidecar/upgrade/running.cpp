#include "sidecar/upgrade/running.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "sidecar/log.h"
#include "sidecar/upgrade/schema_look.h"

namespace schemalatch::upgrade {

namespace {

using model::Duration;
using model::TimePoint;

constexpr Duration kBeatEvery{500};
constexpr Duration kFirstLooksEvery{5};
constexpr Duration kLaterLooksEvery{50};
constexpr Duration kFirstLooksFor{60'000};
constexpr int kLookShare = 10;  // looks of a large table must not load the server: of what they are longer than the
                                // pause, so many times as much before the next

// What a supervisor or a person wants the command to hear; all others tell us to stop it.
bool is_for_the_command(int signal) { return signal == SIGHUP || signal == SIGUSR1 || signal == SIGUSR2; }

// By whatever the command connects with, as far as that reads libpq's environment.
std::vector<std::string> additions(const Task& task) {
    std::vector<std::string> additions{"PGAPPNAME=" + task.runner.run_id};
    if (task.options.ddl_lock_timeout.empty()) return additions;
    const auto& had = task.runner.pg_options;
    additions.push_back("PGOPTIONS=" + had + (had.empty() ? "" : " ") +
                        "-c lock_timeout=" + task.options.ddl_lock_timeout);
    return additions;
}

class Running {
public:
    Running(Upgrading& upgrading, RunJournal& journal) : it_{upgrading}, journal_{journal} {}

    Ran run();

private:
    void pass_signals();
    void beat();
    bool looks_on() const { return !lock_lost_ && !announced_ && it_.session.has_listeners(); }
    void look();
    void rest_after(Duration look);
    void sleep();

    template <typename T>
    void check(const model::Said<T>& said) {
        if (!said && it_.session.is_lost() && !lock_lost_) kill(said.error().detail);
    }
    void kill(const std::string& why);

    Upgrading& it_;
    RunJournal& journal_;
    TimePoint started_ = it_.pace.now(), beaten_at_ = started_, look_at_ = started_;
    Duration last_look_{};
    bool announced_ = false, lock_lost_ = false;
    int stopped_by_ = 0;
};

Ran Running::run() {
    it_.command.run(additions(it_.task));
    for (;;) {
        if (const auto end = it_.command.end()) return {*end, lock_lost_ || end->lock_let_go, stopped_by_};
        pass_signals();
        beat();
        look();
        sleep();
    }
}

void Running::pass_signals() {
    const int signal = it_.pace.take_signal();
    if (signal == 0) return;
    if (is_for_the_command(signal)) return it_.command.pass(signal);
    log::info(fmt::format("{}: told to stop by signal {}: stopping the command", it_.task.name, signal));
    stopped_by_ = signal;
    it_.command.stop(it_.task.options.kill_after);
}

// The guardian first: it waits the shortest.
void Running::beat() {
    it_.command.beat();
    beaten_at_ = it_.pace.now();
    if (!lock_lost_) check(journal_.beat());
}

void Running::look() {
    if (!looks_on() || it_.pace.now() < look_at_) return;
    it_.command.beat();
    const auto began = it_.pace.now();
    const auto seen = it_.session.observe(it_.soon());
    rest_after(std::chrono::duration_cast<Duration>(it_.pace.now() - began));
    if (!seen) return check(seen);
    if (!is_ready(judged(it_, seen, journal_.lineage()))) return;
    announced_ = true;
    it_.command.beat();
    it_.session.announce(it_.soon());
}

// By the shorter of the last two: one that waited, for the command's own lock on the table, say, was no load.
void Running::rest_after(Duration look) {
    const auto length = std::min(look, std::exchange(last_look_, look));
    look_at_ = it_.pace.now() + kLookShare * std::max(length - kFirstLooksEvery, Duration{});
}

void Running::sleep() {
    const auto now = it_.pace.now();
    const auto every = now - started_ < kFirstLooksFor ? kFirstLooksEvery : kLaterLooksEvery;
    const auto next_look = looks_on() ? std::max(look_at_, now + every) : TimePoint::max();
    it_.pace.sleep_until(std::min(next_look, beaten_at_ + kBeatEvery), it_.command.fd());
}

// A session that is gone has taken the lock along.
void Running::kill(const std::string& why) {
    lock_lost_ = true;
    log::error(it_.task.name + ": the lock is lost (" + why + "): killing the command");
    it_.command.kill();
}

}  // namespace

Ran run_command(Upgrading& upgrading, RunJournal& journal) { return Running{upgrading, journal}.run(); }

}  // namespace schemalatch::upgrade
