#include "sidecar/clock.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace schemalatch {

StopSignal::StopSignal() : fd_{eventfd(0, EFD_CLOEXEC)} {
    if (fd_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

StopSignal::~StopSignal() { close(fd_); }

void StopSignal::raise() const { eventfd_write(fd_, 1); }

bool RealClock::wait_until(model::TimePoint at) {
    constexpr std::chrono::milliseconds::rep kLongestPoll = 60'000;  // poll() counts in int
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now()).count();
        pollfd stop{stop_.fd(), POLLIN, 0};
        if (poll(&stop, 1, static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left, 0, kLongestPoll))) > 0)
            return false;
        if (left <= 0) return true;
    }
}

}  // namespace schemalatch
