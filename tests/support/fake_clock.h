// Time that moves only when somebody waits for it, or when a test says so.
#pragma once

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sidecar/clock.h"

namespace schemalatch::support {

class FakeClock final : public Clock {
public:
    static constexpr model::TimePoint kStart{std::chrono::hours{24}};
    static constexpr SystemTime kSystemStart{std::chrono::seconds{1'795'294'260}};  // 2026-11-21T20:51:00Z

    model::TimePoint now() const override { return now_; }
    SystemTime system_now() const override {
        return kSystemStart + std::chrono::duration_cast<SystemTime::duration>(now_ - kStart);
    }

    // Nobody waits in vain: time is simply there. Somebody who asks for a look ends every wait until he is heard, and
    // so does whatever makes the descriptor readable. Throws if that goes on and on: the real loop would spin.
    bool wait_until(model::TimePoint at, int wake_fd) override {
        waits_.push_back(at);
        if (requested_) return true;
        if (wake_fd >= 0 && wake_at_ && *wake_at_ <= at && (!stop_at_ || *wake_at_ < *stop_at_)) {
            if (*wake_at_ <= now_ && ++wakes_in_vain_ > kMostWakesInVain) throw std::logic_error{"the loop spins"};
            now_ = std::max(now_, *wake_at_);
            return true;
        }
        wakes_in_vain_ = 0;
        if (stop_at_ && *stop_at_ <= std::max(at, now_)) {
            now_ = std::max(now_, *stop_at_);
            return false;
        }
        now_ = std::max(now_, at);
        return true;
    }

    bool take_request() override { return std::exchange(requested_, false); }
    int stop_fd() const override { return -1; }

    // Somebody asks for a look.
    void request() { requested_ = true; }

    // The process is told to stop at that instant; a wait that would last until then or longer is cut short.
    void stop_at(model::TimePoint at) { stop_at_ = at; }

    // From that instant on whatever descriptor is waited for is readable; nullopt: it is not.
    void wake_at(std::optional<model::TimePoint> at) { wake_at_ = at; }

    void advance(model::TimePoint::duration time) { now_ += time; }

    const std::vector<model::TimePoint>& waits() const { return waits_; }  // until when was waited, in order

private:
    model::TimePoint now_ = kStart;
    std::optional<model::TimePoint> stop_at_;
    bool requested_ = false;
    std::optional<model::TimePoint> wake_at_;
    static constexpr int kMostWakesInVain = 100;
    int wakes_in_vain_ = 0;
    std::vector<model::TimePoint> waits_;
};

}  // namespace schemalatch::support
