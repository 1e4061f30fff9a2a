#include "probes/postgres/flood_guard.h"

#include <fcntl.h>
#include <linux/tcp.h>  // glibc's tcp_info ends before the count of bytes
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>

namespace schemalatch::postgres {

namespace {

constexpr std::size_t kFirstLong = 32'768;

// What waits in a socket file is counted again with each read that leaves some of it: some times what came.
constexpr std::size_t kCountedTwice = 4;

// Since the connection stands; nullopt for a socket file.
std::optional<std::size_t> tcp_received(int fd) {
    tcp_info info{};
    socklen_t length = sizeof info;
    const bool told = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
                      length >= offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
    return told ? std::optional<std::size_t>{info.tcpi_bytes_received} : std::nullopt;
}

std::size_t waiting_bytes(int fd) {
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace

// libpq may close its own descriptor meanwhile.
FloodGuard::FloodGuard(int fd, std::size_t most)
    : fd_{fcntl(fd, F_DUPFD_CLOEXEC, 0)}, most_{most}, at_start_{tcp_received(fd_).value_or(0)} {}

FloodGuard::~FloodGuard() {
    thread_ = {};
    if (fd_ >= 0) close(fd_);
}

std::size_t FloodGuard::received() {
    if (const auto tcp = tcp_received(fd_)) return *tcp - at_start_;
    counted_ += waiting_bytes(fd_);
    return counted_ / kCountedTwice;
}

bool FloodGuard::may_read() {
    const auto so_far = received();
    if (so_far > kFirstLong && !thread_.joinable() && tcp_received(fd_)) start_watching();
    return so_far <= most_ && !has_cut();
}

bool FloodGuard::may_read_on() {
    if (!thread_.joinable() && tcp_received(fd_)) start_watching();
    return may_read();
}

void FloodGuard::start_watching() {
    try {
        thread_ = std::jthread{[this](const std::stop_token& stop) { watch(stop); }};
    } catch (const std::system_error&) {
        // No thread is to be had: what is counted before each read has to do.
    }
}

void FloodGuard::watch(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kPause{1};  // some megabytes of the fastest sender
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock{mutex};
    while (!stopped.wait_for(lock, stop, kPause, [&] { return stop.stop_requested(); })) {
        if (tcp_received(fd_).value_or(0) - at_start_ <= most_) continue;
        has_cut_ = true;
        shutdown(fd_, SHUT_RDWR);
        return;
    }
}

}  // namespace schemalatch::postgres
