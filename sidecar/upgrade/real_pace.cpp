#include "sidecar/upgrade/real_pace.h"

#include <poll.h>

#include <algorithm>
#include <array>

namespace schemalatch::upgrade {

void RealPace::sleep_until(model::TimePoint at, int fd) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now()).count();
    std::array<pollfd, 2> events{{{signals_.fd(), POLLIN, 0}, {fd, POLLIN, 0}}};
    constexpr std::chrono::milliseconds::rep kLongest = 60'000;  // poll() counts in int; who sleeps asks again
    poll(events.data(), events.size(), static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left, 0, kLongest)));
}

}  // namespace schemalatch::upgrade
