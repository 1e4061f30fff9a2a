#include "probes/postgres/flood_guard.h"

#include <fcntl.h>
#include <linux/tcp.h>  // glibc's tcp_info ends before the count of bytes
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>

namespace schemalatch::postgres {

namespace {

// Since the connection stands; 0 for a socket file.
std::size_t bytes_received(int fd) {
    tcp_info info{};
    socklen_t length = sizeof info;
    const bool told = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
                      length >= offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
    return told ? info.tcpi_bytes_received : 0;
}

}  // namespace

FloodGuard::FloodGuard(int fd, std::size_t received, std::size_t most) {
    constexpr std::size_t kFirstLong = 32'768;
    if (received <= kFirstLong) return;
    fd_ = fcntl(fd, F_DUPFD_CLOEXEC, 0);  // libpq may close its own meanwhile
    end_ = bytes_received(fd_) + most;
    try {
        thread_ = std::jthread{[this](const std::stop_token& stop) { watch(stop); }};
    } catch (const std::system_error&) {
        // No thread is to be had: what was counted before the call has to do.
    }
}

FloodGuard::~FloodGuard() {
    has_cut();
    if (fd_ >= 0) close(fd_);
}

bool FloodGuard::has_cut() {
    thread_ = {};
    return has_cut_;
}

void FloodGuard::watch(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kPause{1};  // some megabytes of the fastest sender
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock{mutex};
    while (!has_cut_ && !stopped.wait_for(lock, stop, kPause, [&] { return stop.stop_requested(); })) {
        if (bytes_received(fd_) <= end_) continue;
        has_cut_ = true;
        shutdown(fd_, SHUT_RDWR);
    }
}

}  // namespace schemalatch::postgres
