// An upgrade's surroundings without a server, processes and waiting: what each says is written down before.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>

#include "sidecar/upgrade/upgrade.h"

namespace schemalatch::support {

// Time is there as soon as somebody waits for it; `during` happens then.
class FakePace final : public upgrade::Pace {
public:
    model::TimePoint now() const override { return now_; }
    void sleep_until(model::TimePoint at, int) override {
        now_ = std::max(now_, at);
        for (auto it = events_.begin(); it != events_.end() && it->first <= now_; it = events_.erase(it)) it->second();
    }
    int take_signal() override { return std::exchange(signal_, 0); }
    int stop_fd() const override { return -1; }

    // So long after the beginning.
    void at(model::Duration time, std::function<void()> event) { events_.emplace(kStart + time, std::move(event)); }
    void signal(int number) { signal_ = number; }
    model::Duration passed() const { return std::chrono::duration_cast<model::Duration>(now_ - kStart); }

private:
    static constexpr model::TimePoint kStart{std::chrono::hours{24}};
    model::TimePoint now_ = kStart;
    std::multimap<model::TimePoint, std::function<void()>> events_;
    int signal_ = 0;
};

class FakeCommandRunner final : public upgrade::CommandRunner {
public:
    void hold(int lock_fd) override { held = lock_fd; }
    void run(const std::vector<std::string>& additions) override {
        ++runs;
        environment = additions;
        if (on_run) on_run();
    }
    void beat() override { ++beats; }
    void pass(int signal) override { passed.push_back(signal); }
    void stop(std::chrono::milliseconds kill_after) override {
        stopped_with = kill_after;
        if (!stubborn) ended = upgrade::CommandEnd{upgrade::CommandEnd::How::killed, 15};
    }
    void kill() override {
        killed = true;
        ended = upgrade::CommandEnd{upgrade::CommandEnd::How::killed, 9};
    }
    int fd() const override { return -1; }
    std::optional<upgrade::CommandEnd> end() override { return ended; }

    void exit(int code) {
        if (on_exit) on_exit();
        ended = upgrade::CommandEnd{upgrade::CommandEnd::How::exited, code};
    }

    std::function<void()> on_run, on_exit;
    std::optional<upgrade::CommandEnd> ended;
    int held = -1, runs = 0, beats = 0;
    bool killed = false, stubborn = false;
    std::vector<std::string> environment;
    std::vector<int> passed;
    std::optional<std::chrono::milliseconds> stopped_with;
};

// A server of which a test says what is true at the moment.
class FakeUpgradeSession final : public model::UpgradeSession {
public:
    model::Said<void> open(const model::Deadline&) override {
        ++opened;
        if (down) return fail(*down);
        lost = false;
        return {};
    }
    bool is_lost() const override { return lost || down; }
    model::Said<bool> try_lock(const model::Deadline&) override {
        if (down) return fail(*down);
        if (cannot_lock) return fail({model::FailureKind::unreadable, "no such function"});
        return locked = !lock_held;
    }
    std::string holder(const model::Deadline&) override { return "\"somebody\""; }
    model::Said<std::string> why_lock_is_void(const model::Deadline&) override { return lock_void; }
    std::string lock_remedy() const override { return "set lock_url to the server itself"; }
    bool has_listeners() const override { return true; }
    int lock_fd() const override { return 7; }
    model::Said<void> open_journal(const model::Deadline&) override {
        if (!has_journal) return fail({model::FailureKind::denied, "no right to create it"});
        return {};
    }
    model::Said<std::vector<model::Predecessor>> predecessors(const model::Deadline&) override { return unfinished; }
    model::Said<std::vector<model::Run>> newest_runs(const model::Deadline&) override { return runs; }
    model::Said<std::shared_ptr<const model::Parents>> lineage(const model::Deadline&) override { return known; }
    model::Said<void> write_lineage(const model::Parents& parents, const model::Deadline&) override {
        written = parents;
        return {};
    }
    model::Said<void> begin(const model::NewRun& run, const model::Deadline&) override {
        begun.push_back(run);
        if (on_begin) on_begin();
        return said();
    }
    model::Said<void> beat(const std::string&, const model::Deadline&) override {
        ++beats;
        return said();
    }
    model::Said<void> end(const std::string&, const model::RunEnd& run_end, const model::Deadline&) override {
        ended.push_back(run_end);
        return {};
    }
    model::Look observe(const model::Deadline&) override {
        ++looks;
        if (on_look) on_look();
        if (down) return fail(*down);
        if (lost || breaks_when_looked_at) return lost = true, fail({model::FailureKind::unreachable, "closed"});
        if (hidden) return fail(*hidden);
        if (blocked_for > 0) return --blocked_for, fail({model::FailureKind::blocked, "the table is locked"});
        model::Observation seen;
        seen.has_table = true;
        seen.table = "schema_migrations";
        seen.books.ordering = model::Ordering::number;
        seen.rows = {{version, model::Mark::clean}};
        if (lists_heads) seen.books.ordering = model::Ordering::graph;
        return seen;
    }
    model::Said<void> confirm_lock(const model::Deadline&) override {
        ++confirmed;
        return said();
    }
    model::Said<void> grant(const std::vector<std::string>& readers, const model::Deadline&) override {
        granted = readers;
        return {};
    }
    void announce(const model::Deadline&) override { ++announced; }

    std::optional<model::ProbeFailure> down;
    std::optional<model::ProbeFailure> hidden;  // what a look says while the session lives
    std::function<void()> on_begin, on_look;
    bool lists_heads = false, breaks_when_looked_at = false;
    bool lost = false, cannot_lock = false, lock_held = false, locked = false, has_journal = true;
    std::string lock_void, version = "1";
    std::vector<model::Predecessor> unfinished;
    std::vector<model::Run> runs;
    std::vector<model::NewRun> begun;
    std::vector<model::RunEnd> ended;
    model::Parents written;
    std::shared_ptr<const model::Parents> known;
    std::vector<std::string> granted;
    int opened = 0, beats = 0, confirmed = 0, looks = 0, announced = 0, blocked_for = 0;

private:
    static tl::unexpected<model::ProbeFailure> fail(model::ProbeFailure failure) {
        return tl::make_unexpected(std::move(failure));
    }
    model::Said<void> said() const {
        if (down) return fail(*down);
        return {};
    }
};

}  // namespace schemalatch::support
