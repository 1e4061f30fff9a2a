// Whether who must beat has stopped beating.
#pragma once

#include <chrono>

namespace schemalatch::upgrade {

inline constexpr std::chrono::seconds kStall{4};
inline constexpr std::chrono::milliseconds kTick{500};

// Counts ticks of the one who listens, not time: when a whole machine or container was frozen and thaws, the listener
// slept as long as the other, and must not take that for silence. Pure: reads no clock.
class Pulse {
public:
    void beat() { missed_ = 0; }

    // Called every kTick; true once there was no beat for kStall of them.
    bool tick() { return ++missed_ > kStall / kTick; }

private:
    long missed_ = 0;
};

}  // namespace schemalatch::upgrade
