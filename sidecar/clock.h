// Time, and waiting for it, as the watcher needs them: the seam that lets tests tell it what time it is.
#pragma once

#include "probes/model/probe.h"
#include "sidecar/event.h"
#include "sidecar/status.h"

namespace schemalatch {

class Clock {
public:
    virtual ~Clock() = default;
    virtual model::TimePoint now() const = 0;
    virtual SystemTime system_now() const = 0;

    // False if the process is told to stop before. May return early when somebody asks for a look, or when `wake_fd` is
    // readable (-1: there is none).
    virtual bool wait_until(model::TimePoint at, int wake_fd) = 0;

    // Whether somebody asked for a look since the last call, due or not.
    virtual bool take_request() = 0;

    // Becomes readable when the process is told to stop; -1: never.
    virtual int stop_fd() const = 0;
};

// Both events must outlive it; `stop` stays up once it is raised.
class RealClock final : public Clock {
public:
    RealClock(const Event& stop, const Event& request) : stop_{stop}, request_{request} {}
    model::TimePoint now() const override { return std::chrono::steady_clock::now(); }
    SystemTime system_now() const override { return std::chrono::system_clock::now(); }
    bool wait_until(model::TimePoint at, int wake_fd) override;
    bool take_request() override { return request_.take(); }
    int stop_fd() const override { return stop_.fd(); }

private:
    const Event& stop_;
    const Event& request_;
};

}  // namespace schemalatch
