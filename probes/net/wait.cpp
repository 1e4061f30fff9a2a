#include "probes/net/wait.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace schemalatch::net {

namespace {

// Rounded up: a wait that ends a millisecond early would spin.
int milliseconds_until(model::TimePoint at) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000));
}

}  // namespace

Wait wait_for(int fd, short events, const model::Deadline& deadline) {
    std::array<pollfd, 2> fds{pollfd{fd, events, 0}, pollfd{deadline.stop_fd, POLLIN, 0}};  // poll passes over fd -1
    for (;;) {
        const int answered = poll(fds.data(), fds.size(), milliseconds_until(deadline.at));
        if (answered > 0 && fds[1].revents != 0) return Wait::stopped;
        // Also when there is something to read: who always has more to say must not keep us for ever.
        if (std::chrono::steady_clock::now() >= deadline.at) return Wait::expired;
        if (answered > 0) return Wait::ready;
        if (answered < 0 && errno != EINTR) return Wait::expired;
    }
}

bool is_stopped(const model::Deadline& deadline) {
    constexpr int kNoDescriptor = -1;
    return wait_for(kNoDescriptor, 0, {std::chrono::steady_clock::now(), deadline.stop_fd}) == Wait::stopped;
}

}  // namespace schemalatch::net
