#include "sidecar/signals.h"

#include <poll.h>

#include <csignal>

#include "tests/support/catch.h"

namespace schemalatch {
namespace {

TEST_CASE("signals that end or renew the process are taken one by one, and do nothing by themselves", "[signals]") {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    {
        const Signals signals;
        CHECK(signals.take() == 0);
        for (const int number : {SIGHUP, SIGTERM}) {
            pthread_kill(pthread_self(), number);
            pollfd asked{signals.fd(), POLLIN, 0};
            CHECK(poll(&asked, 1, 0) == 1);
            CHECK(signals.take() == number);
        }
        CHECK(signals.take() == 0);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace schemalatch
