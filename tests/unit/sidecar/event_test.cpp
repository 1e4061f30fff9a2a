#include "sidecar/event.h"

#include <poll.h>

#include "tests/support/catch.h"

namespace schemalatch {
namespace {

bool readable(const Event& event) {
    pollfd asked{event.fd(), POLLIN, 0};
    return poll(&asked, 1, 0) == 1;
}

TEST_CASE("an event is up from when it is raised until it is taken", "[event]") {
    const Event event;
    CHECK_FALSE(readable(event));
    CHECK_FALSE(event.take());
    event.raise();
    CHECK(readable(event));
    CHECK(event.take());
    CHECK_FALSE(readable(event));
    CHECK_FALSE(event.take());
}

TEST_CASE("an event that was raised twice is taken once", "[event]") {
    const Event event;
    event.raise();
    event.raise();
    CHECK(event.take());
    CHECK_FALSE(event.take());
}

}  // namespace
}  // namespace schemalatch
