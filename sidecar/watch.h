// The loop that watches one dependency: ask, judge, feed the gate, publish, wait. The only code that decides when to
// look.
#pragma once

#include <functional>
#include <memory>
#include <random>

#include "probes/model/probe.h"
#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/config/config.h"
#include "sidecar/gate/gate.h"
#include "sidecar/gate/requirement.h"
#include "sidecar/gate/schedule.h"

namespace schemalatch {

// How long a watcher may be late before /livez says so: so many of its deadlines.
inline constexpr int kDeadlinesUntilStalled = 3;

// A change worth a line in the log.
struct Change {
    std::string dependency;
    gate::State from;
    gate::State to;
    bool ready;
    bool held;
    std::string reason;
    std::chrono::seconds after;  // how long the old state had lasted
    bool enforced = true;        // false: /readyz does not wait for it; such a change is reported again each minute
};

// What a status's `whole` is. Called by the watcher's thread; empty: nobody asks for it.
using Rendering = std::function<std::shared_ptr<const std::string>(const DependencyStatus&)>;

// Owned and run by one thread; others see only the board.
class Watcher {
public:
    // What is watched.
    struct Task {
        config::DependencySettings settings;
        gate::Requirement requirement;
        std::unique_ptr<model::Probe> probe;
    };

    // Where it is watched. Clock and board must outlive the watcher.
    struct Surroundings {
        Clock& clock;
        Board& board;
        std::function<void(const Change&)> report;
        std::uint32_t seed = 0;  // spreads the looks of a fleet
        Rendering render = {};   // where somebody serves it
    };

    Watcher(Task task, Surroundings surroundings);

    // What to publish before the first look.
    static DependencyStatus first_status(const config::DependencySettings& settings,
                                         const gate::Requirement& requirement, SystemTime now);

    // Until the clock says stop.
    void run();

    // One turn: a look if one is due, then publish. Returns when the next turn is due.
    model::TimePoint turn();

private:
    bool wait();
    void keep_or_let_go();
    void hear_hints();
    model::Duration spread();
    void look_afresh_now();
    void look();
    model::Look observe(const model::Deadline& deadline);
    void take_up(const gate::Verdict& verdict, model::TimePoint started);
    void take_up(const model::JournalPtr& journal);
    void publish();
    void report_change(const DependencyStatus& before);
    bool reminder_due();
    model::TimePoint next_turn() const;

    config::DependencySettings settings_;
    gate::Requirement requirement_;
    std::unique_ptr<model::Probe> probe_;
    Clock& clock_;
    Board& board_;
    std::function<void(const Change&)> report_;
    Rendering render_;
    gate::Gate gate_;
    gate::Schedule schedule_;
    std::minstd_rand random_;
    DependencyStatus status_;
    std::string reason_;  // of the newest look, without what the gate adds
    model::TimePoint look_due_;
    model::TimePoint looked_last_;  // when the newest look began
    model::TimePoint look_ended_;
    bool hinted_ = false;                          // look_due_ is what a hint made it; no other is heard until then
    std::optional<model::TimePoint> reminded_at_;  // of not being enforced while not ready
};

}  // namespace schemalatch
