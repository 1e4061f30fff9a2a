// The signals that people and supervisors send, as something that can be waited for: SIGTERM, SIGINT, SIGQUIT, SIGHUP,
// SIGUSR1 and SIGUSR2.
#pragma once

namespace schemalatch {

// Made once, by the main thread, before there is another one: threads inherit that the signals are blocked.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // Readable while a signal waits to be taken.
    int fd() const { return fd_; }

    // The number of the oldest that came; 0: none.
    int take() const;

private:
    int fd_;
};

}  // namespace schemalatch
