#include "sidecar/upgrade/pulse.h"

#include "tests/support/catch.h"

namespace schemalatch::upgrade {
namespace {

constexpr long kTicksInStall = kStall / kTick;

// Ticks until it is told, at most one more than it may be.
long ticks_until_silent(Pulse& pulse) {
    for (long tick = 1; tick <= kTicksInStall + 2; ++tick) {
        if (pulse.tick()) return tick;
    }
    return -1;
}

TEST_CASE("silence is told when more ticks than a stall has passed without a beat", "[guardian]") {
    Pulse pulse;
    CHECK(ticks_until_silent(pulse) == kTicksInStall + 1);
}

TEST_CASE("a beat starts the count anew, however late it comes", "[guardian]") {
    Pulse pulse;
    for (long tick = 0; tick < kTicksInStall; ++tick) CHECK_FALSE(pulse.tick());
    pulse.beat();
    CHECK(ticks_until_silent(pulse) == kTicksInStall + 1);
}

TEST_CASE("one beat between any two ticks is never silence", "[guardian]") {
    Pulse pulse;
    for (int tick = 0; tick < 1000; ++tick) {
        CHECK_FALSE(pulse.tick());
        pulse.beat();
    }
}

}  // namespace
}  // namespace schemalatch::upgrade
