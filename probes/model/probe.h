// The seam to the world: something that can be asked what version it is at.
#pragma once

#include <chrono>
#include <cstddef>

#include "probes/model/observation.h"

namespace schemalatch::model {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

// When a look must give up: at an instant, or earlier if the process is told to stop.
struct Deadline {
    TimePoint at;
    int stop_fd = -1;  // becomes readable when the process is told to stop; -1: never
};

// One of `sharers` equal parts of what is left at `now`: one that is silent must not use up the time of those after it.
inline Deadline share_of(const Deadline& deadline, TimePoint now, std::size_t sharers) {
    return {now + (deadline.at - now) / static_cast<TimePoint::rep>(sharers), deadline.stop_fd};
}

// One dependency, asked over and over by one thread. Not thread-safe: only the thread that owns it may call it.
class Probe {
public:
    virtual ~Probe() = default;

    // One look. Returns by the deadline whatever the other side does. May keep a connection open for the next look.
    virtual Look observe(const Deadline& deadline) = 0;

    // Lets go of whatever observe() kept; the next look starts from nothing.
    virtual void disconnect() = 0;

    // Asks to be told when a look may be worth it, on the connection that observe() kept. True at most once for each
    // connection: what changes from now on is told; what changed since the last look is not. Where nobody tells,
    // looking at intervals has to do.
    virtual bool listen(const Deadline& /*deadline*/) { return false; }

    // Readable when take_hint() has something to take; -1: nobody tells, or not any more. Each call of another member
    // may change it.
    virtual int wake_fd() const { return -1; }

    // Whether somebody has told since the last call that a look may be worth it. Anybody may, as often as they like; it
    // proves nothing. Never waits.
    virtual bool take_hint() { return false; }

    // How many others are told at the same time, as far as is known: they should not all look at once.
    virtual std::size_t companions() const { return 0; }
};

}  // namespace schemalatch::model
