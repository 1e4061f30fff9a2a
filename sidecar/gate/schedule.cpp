#include "sidecar/gate/schedule.h"

#include <algorithm>

namespace schemalatch::gate {

namespace {

constexpr double kJitterShare = 0.1;

}  // namespace

TimePoint Schedule::next(const Verdict& verdict, const Gate& gate, TimePoint now, double jitter) {
    failures_ = verdict.state == State::unreachable ? failures_ + 1 : 0;
    if (const auto second = gate.second_look_at(); second && *second > now) return *second;
    const Duration base = failures_ > 0                       ? backoff()
                          : verdict.state == State::satisfied ? pace_.interval_ready
                                                              : pace_.interval;
    const auto spread = std::chrono::duration_cast<Duration>(base * (1.0 + kJitterShare * jitter));
    return now + (failures_ > 0 ? std::min(spread, std::max(kLongestBackoff, pace_.interval)) : spread);
}

// The first failure waits one interval, then twice as long each time.
Duration Schedule::backoff() const {
    constexpr int kEnoughToReachTheLimit = 16;
    const int doublings = std::min(failures_ - 1, kEnoughToReachTheLimit);
    return std::min(pace_.interval * (1 << doublings), std::max(kLongestBackoff, pace_.interval));
}

}  // namespace schemalatch::gate
