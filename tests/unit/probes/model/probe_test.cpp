#include "probes/model/probe.h"

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow{1h};

TEST_CASE("sharers of a deadline get equal parts of what is left, the last one all of it", "[probe]") {
    const Deadline deadline{kNow + 3s, 7};
    CHECK(share_of(deadline, kNow, 3).at == kNow + 1s);
    CHECK(share_of(deadline, kNow + 1s, 2).at == kNow + 2s);
    CHECK(share_of(deadline, kNow + 2s, 1).at == deadline.at);
    CHECK(share_of(deadline, kNow, 3).stop_fd == 7);
}

TEST_CASE("a sharer that gave up early leaves its time to those after it", "[probe]") {
    const Deadline deadline{kNow + 3s};
    CHECK(share_of(deadline, kNow + 1ms, 2).at == kNow + 1ms + 1499500us);
}

TEST_CASE("a deadline that has passed leaves no part to anybody", "[probe]") {
    CHECK(share_of({kNow - 1s}, kNow, 2).at < kNow);
    CHECK(share_of({kNow}, kNow, 2).at == kNow);
}

}  // namespace
}  // namespace schemalatch::model
