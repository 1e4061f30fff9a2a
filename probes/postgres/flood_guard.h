// Ends a connection that brings far more than was asked for.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>

namespace schemalatch::postgres {

// While a long message keeps coming libpq reads on within one call, up to the length that the server announced, which
// may be a gigabyte. So behind the first 32 KiB, up to which it does not, somebody else watches and ends the connection
// over such a call. Lives as long as what is guarded: a login, or a batch.
class FloodGuard {
public:
    // `most` bytes from now on are let through.
    FloodGuard(int fd, std::size_t most);
    ~FloodGuard();
    FloodGuard(const FloodGuard&) = delete;
    FloodGuard& operator=(const FloodGuard&) = delete;

    // To be called before each read. False: too much has come, and the connection is of no use any more.
    bool may_read();

    // The same where the beginning of a long message may have been read before there was a guard.
    bool may_read_on();

    // Whether it was cut over a read.
    bool has_cut() const { return has_cut_.load(); }

private:
    std::size_t received();
    void start_watching();
    void watch(const std::stop_token& stop);

    int fd_;
    std::size_t most_;
    std::size_t at_start_;     // what the connection had brought before; TCP only
    std::size_t counted_ = 0;  // of a socket file: what waited before each read, so rather too much
    std::atomic<bool> has_cut_ = false;
    std::jthread thread_ = {};  // the last member: it uses the others
};

}  // namespace schemalatch::postgres
