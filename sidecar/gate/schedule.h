// When the next look is due. Pure.
#pragma once

#include "sidecar/gate/gate.h"

namespace schemalatch::gate {

struct Pace {
    Duration interval{1000};         // between looks while the newest one was not satisfied
    Duration interval_ready{30000};  // between looks once satisfied
};

// The longest that looks which reach no server are put off, unless `interval` itself is longer.
inline constexpr Duration kLongestBackoff{5000};

// Not thread-safe; the watcher owns it.
class Schedule {
public:
    explicit Schedule(Pace pace) : pace_{pace} {}

    // After a look that ended at `now`. `jitter` from -1 to 1 spreads a fleet's looks over a tenth of the interval to
    // either side; the second look of a doubting gate comes exactly when it is due.
    TimePoint next(const Verdict& verdict, const Gate& gate, TimePoint now, double jitter);

private:
    Duration backoff() const;

    Pace pace_;
    int failures_ = 0;  // looks in a row that reached no server; one that refuses or is locked may turn any moment
};

}  // namespace schemalatch::gate
