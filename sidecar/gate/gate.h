// Decides whether the application may take traffic, from verdicts over time.
//
//   look                                          gate never ready   gate was ready
//   satisfied                                     ready              ready
//   behind, unmigrated, diverged, dirty below the
//     requirement, from a primary; unknown        unready            unready once a second look agrees
//   dirty at exactly the requirement              unready            holds
//   unreachable, denied, blocked, unreadable,
//     ambiguous                                   unready            holds
//   anything but satisfied from a standby         unready            holds
//
// "Was ready" ends when the gate turns unready: from then on it is as if it had never been ready.
// A hold lasts `hold`, counted from the first look that made the gate hold; forever by default.
// A look that cannot ask, or a standby's that is not satisfied, neither agrees with an outstanding doubt nor ends it;
// a primary's that is dirty at exactly the requirement ends it.
#pragma once

#include <chrono>
#include <optional>

#include "probes/model/probe.h"
#include "sidecar/gate/verdict.h"

namespace schemalatch::gate {

using model::Duration;
using model::TimePoint;

// How long after a look that would turn a ready gate unready the second look comes; sooner ones cannot agree.
inline constexpr Duration kSecondLookAfter{1000};

struct GateSettings {
    std::optional<Duration> hold = std::nullopt;  // nullopt: forever
    Duration standby_limit = std::chrono::minutes{10};
};

// Pure: reads no clock, does no I/O. Not thread-safe; the watcher that feeds it owns it.
class Gate {
public:
    explicit Gate(GateSettings settings) : settings_{settings} {}

    // `now` must not run backwards.
    void judge(const Verdict& verdict, TimePoint now);

    // Lets time pass without a look: a hold may end.
    void advance(TimePoint now);

    bool ready() const { return ready_; }

    // Ready although the newest look was not satisfied.
    bool held() const { return ready_ && !satisfied_; }

    // When the second look is due, on a new connection; nullopt: none is wanted.
    std::optional<TimePoint> second_look_at() const;

    // When advance() would change something; nullopt: never.
    std::optional<TimePoint> hold_ends_at() const;

    // Held on the word of a standby, and no primary has answered for longer than the limit.
    bool primary_overdue(TimePoint now) const;

private:
    void close();
    void forget();  // what earlier looks said against the gate

    GateSettings settings_;
    bool ready_ = false;
    bool satisfied_ = false;                  // what the newest look said
    std::optional<TimePoint> doubt_since_;    // a look would close the gate, if a second one agrees; only while ready
    std::optional<TimePoint> hold_since_;     // the gate holds since; only while ready
    std::optional<TimePoint> standby_since_;  // no primary has answered since this standby did; only while ready
};

}  // namespace schemalatch::gate
