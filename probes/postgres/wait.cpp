#include "probes/postgres/wait.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace schemalatch::postgres {

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
        if (answered > 0) return fds[1].revents != 0 ? Wait::stopped : Wait::ready;
        if (std::chrono::steady_clock::now() >= deadline.at) return Wait::expired;
        if (answered < 0 && errno != EINTR) return Wait::expired;
    }
}

}  // namespace schemalatch::postgres
