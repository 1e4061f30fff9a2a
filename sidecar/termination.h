// SIGTERM and SIGINT as something that can be waited for.
#pragma once

namespace schemalatch {

// Made once, by the main thread, before there is another one: threads inherit that the signals are blocked. SIGHUP is
// ignored, not to end the sidecar: a password_file is read anew for every connection, so there is nothing to be told.
class Termination {
public:
    Termination();
    ~Termination();
    Termination(const Termination&) = delete;
    Termination& operator=(const Termination&) = delete;

    // Becomes readable when one of the signals has come, and stays so.
    int fd() const { return fd_; }

private:
    int fd_;
};

}  // namespace schemalatch
