#include "sidecar/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "sidecar/gate/run.h"

namespace schemalatch {

namespace {

using gate::State;
using gate::Verdict;
using model::TimePoint;

constexpr std::chrono::minutes kReminderEvery{1};
constexpr std::chrono::seconds kLongestIdle{15};
constexpr std::chrono::milliseconds kLeastBetweenRequests{100};  // anybody may ask, as often as they like
constexpr std::chrono::milliseconds kLeastBehindLook{20};        // for a hint; the same

// How a crowd that is told at once spreads its looks: one a millisecond, until a person would notice.
constexpr std::chrono::milliseconds kSpreadForEach{1};
constexpr std::chrono::milliseconds kWidestSpread{50};

std::shared_ptr<const Sight> sight_of(const gate::Requirement& requirement, const Verdict& verdict, SystemTime now) {
    return std::make_shared<const Sight>(Sight{verdict.current, verdict.missing, verdict.failed, verdict.primary, now,
                                               applied_count(requirement, verdict)});
}

void count(Tallies& tallies, State state, std::chrono::duration<double> took) {
    ++tallies.looks_by_state[static_cast<std::size_t>(state)];
    const auto bound = std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), took.count());
    ++tallies.looks_by_duration[static_cast<std::size_t>(bound - kDurationBounds.begin())];
    tallies.seconds += took.count();
}

std::vector<KnownRun> known_runs(const gate::Requirement& requirement, const model::Journal& journal) {
    std::vector<KnownRun> known;
    for (const auto& run : journal.runs) {
        auto& it = known.emplace_back(KnownRun{run, is_towards(requirement, run, journal.lineage.get()), std::nullopt});
        it.run.required.clear();
        // In the future: another clock wrote it, before it was set back or another server took over. Nobody knows when.
        if (run.ended_ago && run.ended_ago->count() >= 0) it.ended = journal.read_at - *run.ended_ago;
    }
    return known;
}

// Whether there is something to tell that the state does not.
bool has_news_of_runs(const DependencyStatus& before, const DependencyStatus& now) {
    const auto same = [](const KnownRun& a, const KnownRun& b) {
        return a.run.id == b.run.id && a.run.outcome == b.run.outcome;
    };
    return now.state != State::satisfied &&
           !std::equal(before.runs.begin(), before.runs.end(), now.runs.begin(), now.runs.end(), same);
}

std::string overdue_reason(std::chrono::milliseconds limit) {
    return fmt::format("; no primary has confirmed it for {} s or more",
                       std::chrono::duration_cast<std::chrono::seconds>(limit).count());
}

}  // namespace

DependencyStatus Watcher::first_status(const config::DependencySettings& settings, const gate::Requirement& requirement,
                                       SystemTime now) {
    DependencyStatus status;
    status.name = settings.name;
    status.tool = requirement.tool;
    status.enforced = settings.enforce;
    status.requirement_source = requirement.source;
    status.requirement_digest = requirement.digest;
    status.selection = requirement.selection;
    status.required = required_ids(requirement);
    status.since = now;
    if (settings.journal.empty()) status.journal = model::JournalState::off;
    return status;
}

Watcher::Watcher(Task task, Surroundings surroundings)
    : settings_{std::move(task.settings)},
      requirement_{std::move(task.requirement)},
      probe_{std::move(task.probe)},
      clock_{surroundings.clock},
      board_{surroundings.board},
      report_{std::move(surroundings.report)},
      render_{std::move(surroundings.render)},
      gate_{settings_.gate},
      schedule_{settings_.pace},
      random_{surroundings.seed},
      status_{first_status(settings_, requirement_, clock_.system_now())},
      reason_{status_.reason},
      look_due_{clock_.now()} {}

void Watcher::run() {
    do {
        turn();
    } while (wait());
}

bool Watcher::wait() {
    keep_or_let_go();
    return clock_.wait_until(next_turn(), hinted_ ? -1 : probe_->wake_fd());
}

// A connection kept for every ready pod would use up the server's slots; one kept for long is of use only if it tells.
void Watcher::keep_or_let_go() {
    const auto now = clock_.now();
    const bool began = !gate_.ready() && probe_->listen({now + settings_.deadline, clock_.stop_fd()});
    // What came between the look and this was told to nobody.
    if (began) look_due_ = std::min(look_due_, clock_.now());
    if (probe_->wake_fd() < 0 && look_due_ - now >= kLongestIdle) probe_->disconnect();
}

void Watcher::hear_hints() {
    if (hinted_ || !probe_->take_hint()) return;
    hinted_ = true;
    look_due_ = std::min(look_due_, std::max(clock_.now() + spread(), look_ended_ + kLeastBehindLook));
}

model::Duration Watcher::spread() {
    const auto widest = std::min<model::Duration>(kWidestSpread, probe_->companions() * kSpreadForEach);
    return model::Duration{std::uniform_int_distribution<model::Duration::rep>{0, widest.count()}(random_)};
}

TimePoint Watcher::turn() {
    const DependencyStatus before = status_;
    if (clock_.take_request()) look_afresh_now();
    hear_hints();
    if (clock_.now() >= look_due_) {
        board_.expect_turn_by(clock_.now() + kDeadlinesUntilStalled * settings_.deadline);
        look();
        hear_hints();
    }
    gate_.advance(clock_.now());
    publish();
    report_change(before);
    board_.expect_turn_by(next_turn() + kDeadlinesUntilStalled * settings_.deadline);
    return next_turn();
}

void Watcher::look_afresh_now() {
    probe_->disconnect();
    look_due_ = std::min(look_due_, std::max(clock_.now(), looked_last_ + kLeastBetweenRequests));
}

TimePoint Watcher::next_turn() const {
    const auto next = std::min(look_due_, gate_.hold_ends_at().value_or(look_due_));
    return reminded_at_ ? std::min(next, *reminded_at_ + kReminderEvery) : next;
}

void Watcher::look() {
    // What an old connection says is not taken as proof against the schema: it may lead to a server that was demoted.
    if (gate_.second_look_at()) probe_->disconnect();
    // This look answers what was hinted before it.
    probe_->take_hint();
    hinted_ = false;
    const auto started = looked_last_ = clock_.now();
    const auto seen = observe({started + settings_.deadline, clock_.stop_fd()});
    look_ended_ = clock_.now();
    if (!seen && seen.error().interrupted) return;
    const Verdict verdict = gate::judge(requirement_, seen, settings_.unknown_revision);
    take_up(verdict, started);
    take_up(seen ? seen->journal : seen.error().journal);
    const double jitter = std::uniform_real_distribution<double>{-1.0, 1.0}(random_);
    look_due_ = schedule_.next(verdict, gate_, clock_.now(), jitter);
    if (verdict.state == State::satisfied) probe_->disconnect();
}

// The process may be out of memory or threads: no reason to take a ready pod out.
model::Look Watcher::observe(const model::Deadline& deadline) {
    try {
        return probe_->observe(deadline);
    } catch (const std::exception& error) {
        probe_->disconnect();
        return tl::make_unexpected(model::ProbeFailure{
            model::FailureKind::unreachable, std::string{"the look failed here, not at the database: "} + error.what() +
                                                 "; check this container's limits"});
    }
}

void Watcher::take_up(const Verdict& verdict, TimePoint started) {
    const auto now = clock_.system_now();
    gate_.judge(verdict, clock_.now());
    if (status_.state != verdict.state) status_.since = now;
    status_.state = verdict.state;
    status_.assumed = verdict.assumed;
    if (!verdict.tool.empty()) status_.tool = verdict.tool;
    status_.looked_at = now;
    reason_ = verdict.reason;
    if (verdict.state == State::satisfied) status_.last_satisfied_at = now;
    if (verdict.saw_database) status_.sight = sight_of(requirement_, verdict, now);
    count(status_.tallies, verdict.state, clock_.now() - started);
}

// A run is told of in the reason only by the look that saw it: an old word that one is going on would mislead.
void Watcher::take_up(const model::JournalPtr& journal) {
    if (journal == nullptr) return;
    status_.journal = journal->state;
    if (!journal->current) return;
    status_.runs = known_runs(requirement_, *journal);
    if (status_.state != State::satisfied) reason_ += gate::run_phrase(journal->runs);
}

void Watcher::publish() {
    status_.ready = gate_.ready();
    status_.held = gate_.held();
    status_.primary_overdue = gate_.primary_overdue(clock_.now());
    status_.reason = reason_;
    if (status_.primary_overdue) status_.reason += overdue_reason(settings_.gate.standby_limit);
    if (render_) status_.whole = render_(status_);
    board_.publish(std::make_shared<const DependencyStatus>(status_));
}

void Watcher::report_change(const DependencyStatus& before) {
    const bool changed = before.state != status_.state || before.ready != status_.ready ||
                         before.held != status_.held || has_news_of_runs(before, status_);
    if (!reminder_due() && !changed) return;
    const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(clock_.system_now() - before.since);
    report_({status_.name, before.state, status_.state, status_.ready, status_.held, status_.reason, lasted,
             settings_.enforce});
}

// Break-glass is easily forgotten: as long as it lets traffic through it is told again and again.
bool Watcher::reminder_due() {
    if (settings_.enforce || status_.ready) {
        reminded_at_.reset();
        return false;
    }
    if (reminded_at_ && clock_.now() - *reminded_at_ < kReminderEvery) return false;
    reminded_at_ = clock_.now();
    return true;
}

}  // namespace schemalatch
