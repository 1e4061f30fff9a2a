#include "sidecar/clock.h"

#include <poll.h>

#include <algorithm>
#include <array>

namespace schemalatch {

bool RealClock::wait_until(model::TimePoint at, int wake_fd) {
    constexpr std::chrono::milliseconds::rep kLongestPoll = 60'000;  // poll() counts in int
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now()).count();
        // poll passes over fd -1
        std::array<pollfd, 3> events{{{stop_.fd(), POLLIN, 0}, {request_.fd(), POLLIN, 0}, {wake_fd, POLLIN, 0}}};
        const auto limit = std::clamp<std::chrono::milliseconds::rep>(left, 0, kLongestPoll);
        const bool woken = poll(events.data(), events.size(), static_cast<int>(limit)) > 0;
        if (events[0].revents != 0) return false;
        if (woken || left <= 0) return true;
    }
}

}  // namespace schemalatch
