// Ends a connection that brings far more than was asked for, while libpq reads it.
#pragma once

#include <cstddef>
#include <thread>

namespace schemalatch::postgres {

// While a long message keeps coming libpq reads on within one call, up to the length that the server announced, which
// may be a gigabyte. So somebody else has to end the connection over such a call. Lives as long as the call does.
class FloodGuard {
public:
    // `received` so far: libpq does so only behind its first 32 KiB, and no thread is needed before. `most` bytes more
    // are let through.
    FloodGuard(int fd, std::size_t received, std::size_t most);
    ~FloodGuard();
    FloodGuard(const FloodGuard&) = delete;
    FloodGuard& operator=(const FloodGuard&) = delete;

    // Once the call is over.
    bool has_cut();

private:
    void watch(const std::stop_token& stop);

    int fd_ = -1;
    std::size_t end_ = 0;
    bool has_cut_ = false;  // the thread's, until it is joined
    std::jthread thread_;
};

}  // namespace schemalatch::postgres
