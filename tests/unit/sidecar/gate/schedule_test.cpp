#include "sidecar/gate/schedule.h"

#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{24h};
constexpr double kNoJitter = 0;

const Verdict& verdict(std::string_view words) {
    const auto* found = support::verdict_named(words);
    REQUIRE(found != nullptr);
    return *found;
}

// A gate, its schedule, and what the watcher does with them.
struct Watch {
    explicit Watch(Pace pace = {}) : schedule{pace} {}

    // How long after this look the next one is due.
    Duration look(std::string_view words, double jitter = kNoJitter) {
        gate.judge(verdict(words), now);
        return std::chrono::duration_cast<Duration>(schedule.next(verdict(words), gate, now, jitter) - now);
    }

    Gate gate{GateSettings{}};
    Schedule schedule;
    TimePoint now = kStart;
};

TEST_CASE("looks are slow once satisfied", "[schedule]") {
    CHECK(Watch{}.look("satisfied") == 30s);
    CHECK(Watch{}.look("assumed") == 30s);
    CHECK(Watch{}.look("satisfied on a standby") == 30s);
    CHECK(Watch{Pace{.interval = 1s, .interval_ready = 5min}}.look("satisfied") == 5min);
}

TEST_CASE("every unready answer is looked at again after the interval", "[schedule]") {
    for (const auto* words : {"behind", "unmigrated", "diverged", "dirty", "dirty at the requirement", "unknown",
                              "behind on a standby", "unmigrated on a standby"}) {
        CAPTURE(words);
        Watch watch{Pace{.interval = 2s}};
        for (int i = 0; i < 10; ++i) CHECK(watch.look(words) == 2s);
    }
}

TEST_CASE("looks that reach no server back off, doubling to five seconds", "[schedule]") {
    Watch watch;
    for (const auto expected : {1s, 2s, 4s, 5s, 5s, 5s}) CHECK(watch.look("unreachable") == expected);
}

TEST_CASE("a short interval doubles from itself, a long one is never shortened", "[schedule]") {
    Watch eager{Pace{.interval = 100ms}};
    for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
        CHECK(eager.look("unreachable") == expected);
    }
    Watch lazy{Pace{.interval = 10s}};
    for (int i = 0; i < 4; ++i) CHECK(lazy.look("unreachable") == 10s);
}

TEST_CASE("a backoff has no end that overflows", "[schedule]") {
    Watch watch{Pace{.interval = 1h}};
    for (int i = 0; i < 100; ++i) CHECK(watch.look("unreachable") == 1h);
    Watch usual;
    for (int i = 0; i < 100; ++i) usual.look("unreachable");
    CHECK(usual.look("unreachable") == 5s);
}

TEST_CASE("a look that reaches a server ends the backoff, whatever the server says", "[schedule]") {
    for (const auto* words : {"behind", "dirty at the requirement", "behind on a standby", "denied", "blocked",
                              "unreadable", "ambiguous"}) {
        CAPTURE(words);
        Watch watch;
        for (int i = 0; i < 4; ++i) watch.look("unreachable");
        CHECK(watch.look(words) == 1s);
        CHECK(watch.look("unreachable") == 1s);
        CHECK(watch.look("unreachable") == 2s);
    }
}

TEST_CASE("a grant, a lock's end or a mended table is seen after one interval", "[schedule]") {
    for (const auto* words : {"denied", "blocked", "unreadable"}) {
        CAPTURE(words);
        Watch watch;
        for (int i = 0; i < 4; ++i) CHECK(watch.look(words) == 1s);
    }
}

TEST_CASE("a held gate that cannot ask backs off too", "[schedule]") {
    Watch watch;
    watch.look("satisfied");
    for (const auto expected : {1s, 2s, 4s, 5s, 5s}) CHECK(watch.look("unreachable") == expected);
    CHECK(watch.gate.held());
}

TEST_CASE("a held gate that can ask is looked at after the interval of an unready one", "[schedule]") {
    for (const auto* words : {"dirty at the requirement", "behind on a standby"}) {
        CAPTURE(words);
        Watch watch;
        watch.look("satisfied");
        CHECK(watch.look(words) == 1s);
        CHECK(watch.gate.held());
    }
}

TEST_CASE("the second look of a doubting gate comes exactly one second after the first", "[schedule]") {
    for (const auto* words : {"behind", "unmigrated", "diverged", "dirty", "unknown"}) {
        for (const double jitter : {-1.0, -0.3, 0.0, 1.0}) {
            for (const auto interval : {100ms, 1000ms, 60000ms}) {
                CAPTURE(words, jitter);
                Watch watch{Pace{.interval = interval}};
                watch.look("satisfied");
                watch.now += 30s;
                CHECK(watch.look(words, jitter) == 1s);
            }
        }
    }
}

TEST_CASE("a look before its time does not put the second look off", "[schedule]") {
    Watch watch;
    watch.look("satisfied");
    watch.look("behind");
    watch.now += 300ms;
    CHECK(watch.look("behind") == 700ms);
    watch.now += 100ms;
    CHECK(watch.look("unreachable") == 600ms);
}

TEST_CASE("a second look that could not ask is tried again with the backoff, never at once", "[schedule]") {
    Watch watch;
    watch.look("satisfied");
    watch.look("behind");
    for (const auto expected : {1s, 2s, 4s, 5s}) {
        watch.now += 1s;
        CHECK(watch.look("unreachable") == expected);
        CHECK(watch.gate.ready());
    }
}

TEST_CASE("once the second look agreed, the interval holds again", "[schedule]") {
    Watch watch{Pace{.interval = 3s}};
    watch.look("satisfied");
    CHECK(watch.look("behind") == 1s);
    watch.now += 1s;
    CHECK(watch.look("behind") == 3s);
    CHECK_FALSE(watch.gate.ready());
}

TEST_CASE("jitter moves a look by a tenth at most", "[schedule]") {
    struct Row {
        const char* words;
        double jitter;
        Duration expected;
    };
    const std::vector<Row> rows{
        {"behind", -1, 900ms},      {"behind", -0.5, 950ms},   {"behind", 0.5, 1050ms},    {"behind", 1, 1100ms},
        {"satisfied", -1, 27000ms}, {"satisfied", 1, 33000ms}, {"unreachable", -1, 900ms}, {"unreachable", 1, 1100ms},
    };
    for (const auto& [words, jitter, expected] : rows) {
        CAPTURE(words, jitter);
        const auto due = Watch{}.look(words, jitter);
        CHECK(due >= expected - 1ms);  // whole milliseconds
        CHECK(due <= expected);
    }
}

TEST_CASE("jitter of the longest backoff stays within a tenth", "[schedule]") {
    for (const double jitter : {-1.0, 1.0}) {
        Watch watch;
        for (int i = 0; i < 10; ++i) watch.look("unreachable");
        const auto due = watch.look("unreachable", jitter);
        CHECK(due >= 4500ms);
        CHECK(due <= 5500ms);
    }
}

}  // namespace
}  // namespace schemalatch::gate
