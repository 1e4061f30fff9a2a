// Time, and waiting for it, as the watcher needs them: the seam that lets tests tell it what time it is.
#pragma once

#include "probes/model/probe.h"
#include "sidecar/status.h"

namespace schemalatch {

class Clock {
public:
    virtual ~Clock() = default;
    virtual model::TimePoint now() const = 0;
    virtual SystemTime system_now() const = 0;

    // False if the process is told to stop before.
    virtual bool wait_until(model::TimePoint at) = 0;

    // Becomes readable when the process is told to stop; -1: never.
    virtual int stop_fd() const = 0;
};

// A flag that can be waited for. Thread-safe.
class StopSignal {
public:
    StopSignal();
    ~StopSignal();
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    void raise() const;
    int fd() const { return fd_; }

private:
    int fd_;
};

class RealClock final : public Clock {
public:
    explicit RealClock(const StopSignal& stop) : stop_{stop} {}
    model::TimePoint now() const override { return std::chrono::steady_clock::now(); }
    SystemTime system_now() const override { return std::chrono::system_clock::now(); }
    bool wait_until(model::TimePoint at) override;
    int stop_fd() const override { return stop_.fd(); }

private:
    const StopSignal& stop_;
};

}  // namespace schemalatch
