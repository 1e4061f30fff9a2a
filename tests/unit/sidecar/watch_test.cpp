#include "sidecar/watch.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/requirements.h"
#include "tests/support/scripted_probe.h"

namespace schemalatch {
namespace {

using namespace std::chrono_literals;
using gate::State;
using model::Duration;
using model::FailureKind;
using model::TimePoint;
using support::at;
using support::could_not_look;
using support::dirty_at;
using support::FakeClock;
using support::interrupted;
using support::needs_graph;
using support::needs_number;
using support::on_standby;
using support::ProbeUse;
using support::ScriptedProbe;
using support::timed_out;
using support::without_table;

constexpr auto kStart = FakeClock::kStart;
constexpr auto kSystemStart = FakeClock::kSystemStart;

struct Reported {
    TimePoint when;
    Change change;
};

// A watcher of one dependency that needs 42, on a clock and a probe of the test's making.
class Watched {
public:
    explicit Watched(std::initializer_list<model::Look> answers, config::DependencySettings settings = {},
                     Duration look_takes = 0ms, gate::Requirement requirement = needs_number("42"),
                     std::uint32_t seed = 1)
        : board{std::make_shared<const DependencyStatus>(
              Watcher::first_status(settings, requirement, clock.system_now()))},
          watcher_{{settings, std::move(requirement), scripted(answers, look_takes)},
                   {clock, board,
                    [this](const Change& change) {
                        changes.push_back({clock.now(), change});
                    },
                    seed}} {}

    // From the start of the clock until then.
    Watched& run_until(Duration time) {
        clock.stop_at(kStart + time);
        watcher_.run();
        return *this;
    }

    DependencyStatus status() const { return *board.read(); }

    // How long after the look before it each look began.
    std::vector<Duration> gaps() const {
        std::vector<Duration> all;
        for (std::size_t i = 1; i < use.looks.size(); ++i) {
            all.push_back(std::chrono::duration_cast<Duration>(use.looks[i] - use.looks[i - 1]));
        }
        return all;
    }

    // "satisfied ready", "behind held", "behind unready": one for each change.
    std::vector<std::string> story() const {
        std::vector<std::string> told;
        for (const auto& [when, change] : changes) {
            told.push_back(std::string{to_string(change.to)} + (change.held    ? " held"
                                                                : change.ready ? " ready"
                                                                               : " unready"));
        }
        return told;
    }

    FakeClock clock;
    ProbeUse use;
    ScriptedProbe* script = nullptr;  // the watcher's
    Board board;
    std::vector<Reported> changes;

private:
    std::unique_ptr<ScriptedProbe> scripted(std::initializer_list<model::Look> answers, Duration look_takes) {
        auto probe = std::make_unique<ScriptedProbe>(use, clock, answers);
        probe->taking(look_takes);
        script = probe.get();
        return probe;
    }

    Watcher watcher_;
};

using Story = std::vector<std::string>;

bool within_a_tenth(Duration gap, Duration of) { return gap * 10 >= of * 9 && gap * 10 <= of * 11; }

config::DependencySettings with_pace(Duration interval, Duration interval_ready = 30s) {
    config::DependencySettings settings;
    settings.pace = {.interval = interval, .interval_ready = interval_ready};
    return settings;
}

config::DependencySettings with_hold(Duration hold, Duration interval = 1s) {
    auto settings = with_pace(interval);
    settings.gate.hold = hold;
    return settings;
}

// ---- When it looks ------------------------------------------------------------------------------------------------

// A journal whose newest run has that outcome; it ended ten seconds before the look.
model::JournalPtr journal_with(model::Outcome outcome, std::vector<std::string> required = {"42"}) {
    model::Run run;
    run.id = "run-1";
    run.outcome = outcome;
    run.by = "pod-1";
    run.started_at = "2026-11-21T20:51:00Z";
    run.required = std::move(required);
    if (outcome != model::Outcome::running) run.ended_ago = 10s;
    return std::make_shared<const model::Journal>(
        model::Journal{.state = model::JournalState::present, .runs = {run}, .read_at = kStart + 60s});
}

model::Look with(model::Look look, model::JournalPtr journal) {
    (look ? look->journal : look.error().journal) = std::move(journal);
    return look;
}

bool mentions_an_upgrade(const DependencyStatus& status) { return status.reason.find("upgrade ") != std::string::npos; }

TEST_CASE("what a look learns of runs is published, also by one that cannot see the table", "[watch]") {
    Watched it{{with(could_not_look(FailureKind::blocked, "locked"), journal_with(model::Outcome::running))}};
    const auto status = it.run_until(100ms).status();
    CHECK(status.journal == model::JournalState::present);
    REQUIRE(status.runs.size() == 1);
    CHECK(status.runs.front().towards);
    CHECK_FALSE(status.runs.front().ended);
    CHECK(status.reason == "locked; an upgrade has been running since 2026-11-21T20:51:00Z, by pod-1");
}

TEST_CASE("when a run ended is told by this process's clock", "[watch]") {
    Watched it{{with(at({"41"}), journal_with(model::Outcome::failed, {"41"}))}};
    const auto status = it.run_until(100ms).status();
    REQUIRE(status.runs.size() == 1);
    CHECK_FALSE(status.runs.front().towards);
    CHECK(status.runs.front().ended == kStart + 50s);
}

TEST_CASE("runs are kept while a look learns nothing, and its reason does not tell of them", "[watch]") {
    Watched it{{with(at({"41"}), journal_with(model::Outcome::failed)), timed_out()}};
    const auto status = it.run_until(1500ms).status();
    CHECK(status.state == State::unreachable);
    CHECK(status.journal == model::JournalState::present);
    CHECK(status.runs.size() == 1);
    CHECK_FALSE(mentions_an_upgrade(status));
}

TEST_CASE("a journal that is there no more tells of no runs", "[watch]") {
    const auto gone = std::make_shared<const model::Journal>(model::Journal{.state = model::JournalState::absent});
    Watched it{{with(at({"41"}), journal_with(model::Outcome::failed)), with(at({"41"}), gone)}};
    const auto status = it.run_until(1500ms).status();
    CHECK(status.journal == model::JournalState::absent);
    CHECK(status.runs.empty());
}

TEST_CASE("nothing is said of runs where the schema is there", "[watch]") {
    Watched it{{with(at({"42"}), journal_with(model::Outcome::failed))}};
    const auto status = it.run_until(100ms).status();
    CHECK(status.runs.size() == 1);
    CHECK_FALSE(mentions_an_upgrade(status));
}

TEST_CASE("a run that begins or ends is reported while it is waited for", "[watch]") {
    Watched it{{at({"41"}), with(at({"41"}), journal_with(model::Outcome::running)),
                with(at({"41"}), journal_with(model::Outcome::running)),
                with(at({"41"}), journal_with(model::Outcome::failed))}};
    it.run_until(5s);
    CHECK(it.story() == std::vector<std::string>{"behind unready", "behind unready", "behind unready"});
}

TEST_CASE("a journal that is switched off is so before the first look", "[watch]") {
    config::DependencySettings settings;
    CHECK_FALSE(Watcher::first_status(settings, needs_number("42"), kSystemStart).journal);
    settings.journal.clear();
    CHECK(Watcher::first_status(settings, needs_number("42"), kSystemStart).journal == model::JournalState::off);
}

TEST_CASE("the first look starts at once", "[watch]") {
    Watched watched{at({"42"})};
    watched.run_until(0s);
    CHECK(watched.use.looks == std::vector<TimePoint>{kStart});
    CHECK(watched.status().ready);
}

TEST_CASE("a look that is asked for comes at once and on a new connection", "[watch]") {
    Watched watched{at({"41"})};
    watched.run_until(100ms);
    watched.clock.request();
    watched.run_until(200ms);
    CHECK(watched.use.looks.size() == 2);
    CHECK(watched.use.connections == std::vector<int>{1, 2});
}

TEST_CASE("no connection is kept for a look that is far away", "[watch]") {
    for (const auto& [interval, disconnects] : {std::pair{10s, 0}, std::pair{20s, 1}}) {
        Watched watched{{at({"41"})}, with_pace(interval)};
        watched.run_until(1s);
        CHECK(watched.use.disconnects == disconnects);
    }
}

TEST_CASE("before the first look all that is known is what is needed", "[watch]") {
    auto settings = with_pace(1s);
    settings.name = "orders";
    settings.enforce = false;
    const auto first = Watcher::first_status(settings, needs_number("42", {"41", "42"}), kSystemStart);
    CHECK(first.name == "orders");
    CHECK(first.tool == "golang-migrate");
    CHECK_FALSE(first.enforced);
    CHECK(first.requirement_source == "@/schema/required.json");
    CHECK(first.requirement_digest == "sha256:test");
    CHECK(first.required == std::vector<std::string>{"42"});
    CHECK(first.state == State::pending);
    CHECK(first.reason == "not looked yet");
    CHECK(first.since == kSystemStart);
    CHECK_FALSE(first.ready);
    CHECK_FALSE(first.held);
    CHECK_FALSE(first.assumed);
    CHECK_FALSE(first.looked_at);
    CHECK_FALSE(first.last_satisfied_at);
    CHECK(first.sight == nullptr);
}

TEST_CASE("every unready state is looked at again after the interval, give or take a tenth", "[watch]") {
    for (const auto& seen : {at({"41"}), without_table(), dirty_at("41"), dirty_at("42"), on_standby(at({"41"}))}) {
        Watched watched{{seen}, with_pace(2s)};
        watched.run_until(60s);
        REQUIRE(watched.gaps().size() >= 25);
        for (const auto gap : watched.gaps()) CHECK(within_a_tenth(gap, 2s));
    }
}

TEST_CASE("a ready gate is looked at after interval_ready, give or take a tenth", "[watch]") {
    Watched watched{{at({"41"}), at({"42"})}, with_pace(1s, 20s)};
    watched.run_until(200s);
    const auto gaps = watched.gaps();
    REQUIRE(gaps.size() >= 9);
    CHECK(within_a_tenth(gaps[0], 1s));
    for (std::size_t i = 1; i < gaps.size(); ++i) CHECK(within_a_tenth(gaps[i], 20s));
}

TEST_CASE("looks that could not ask back off to five seconds, and one that could ends that", "[watch]") {
    Watched watched{timed_out(), timed_out(), timed_out(), timed_out(), timed_out(), at({"41"}), timed_out()};
    watched.run_until(22s);
    const std::vector<Duration> expected{1s, 2s, 4s, 5s, 5s, 1s, 1s, 2s};
    const auto gaps = watched.gaps();
    REQUIRE(gaps.size() == expected.size());
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        CAPTURE(i);
        CHECK(within_a_tenth(gaps[i], expected[i]));
    }
}

TEST_CASE("an interval counts from the end of the look before", "[watch]") {
    Watched watched{{at({"41"})}, with_pace(1s), 400ms};
    watched.run_until(30s);
    for (const auto gap : watched.gaps()) CHECK(within_a_tenth(gap - 400ms, 1s));
}

TEST_CASE("two watchers of a fleet do not look in step", "[watch]") {
    Watched one{{at({"41"})}, {}, 0ms, needs_number("42"), 1};
    Watched other{{at({"41"})}, {}, 0ms, needs_number("42"), 2};
    CHECK(one.run_until(30s).gaps() != other.run_until(30s).gaps());
}

TEST_CASE("a look gets the configured deadline, and is told when to give up earlier", "[watch]") {
    auto settings = with_pace(1s);
    settings.deadline = 700ms;
    Watched watched{{at({"41"})}, settings};
    watched.run_until(2500ms);
    REQUIRE(watched.use.deadlines.size() >= 2);
    for (std::size_t i = 0; i < watched.use.deadlines.size(); ++i) {
        CHECK(watched.use.deadlines[i].at == watched.use.looks[i] + 700ms);
        CHECK(watched.use.deadlines[i].stop_fd == watched.clock.stop_fd());
    }
}

// ---- The second look ----------------------------------------------------------------------------------------------

TEST_CASE("a ready gate turns unready only after a second look, exactly a second later on a new connection",
          "[watch]") {
    for (const auto& seen : {at({"41"}), without_table(), dirty_at("41")}) {
        Watched watched{at({"42"}), seen};
        watched.run_until(40s);
        REQUIRE(watched.use.looks.size() >= 3);
        CHECK(watched.use.looks[2] - watched.use.looks[1] == 1s);
        CHECK(watched.use.connections[1] != watched.use.connections[2]);
        REQUIRE(watched.changes.size() == 3);
        CHECK(watched.changes[1].when == watched.use.looks[1]);
        CHECK(watched.changes[1].change.held);
        CHECK(watched.changes[2].when == watched.use.looks[2]);
        CHECK_FALSE(watched.changes[2].change.ready);
    }
}

TEST_CASE("the second from the first look to the second counts from the first one's end", "[watch]") {
    Watched watched{{at({"42"}), at({"41"})}, {}, 300ms};
    watched.run_until(40s);
    REQUIRE(watched.use.looks.size() >= 3);
    CHECK(watched.use.looks[2] - watched.use.looks[1] == 1300ms);
    CHECK(watched.changes.at(2).when == watched.use.looks[2] + 300ms);
}

TEST_CASE("a second look that does not agree leaves the gate ready", "[watch]") {
    Watched watched{at({"42"}), at({"41"}), at({"42"})};
    watched.run_until(90s);
    CHECK(watched.story() == Story{"satisfied ready", "behind held", "satisfied ready"});
    CHECK(watched.use.looks[2] - watched.use.looks[1] == 1s);
    CHECK(within_a_tenth(watched.gaps()[2], 30s));
}

TEST_CASE("a second look that cannot ask is repeated, each on a new connection, until one can", "[watch]") {
    Watched watched{at({"42"}), at({"41"}), timed_out(), timed_out(), at({"41"})};
    watched.run_until(45s);
    CHECK(watched.story() == Story{"satisfied ready", "behind held", "unreachable held", "behind unready"});
    const auto& on = watched.use.connections;
    REQUIRE(on.size() >= 5);
    CHECK(on[2] > on[1]);
    CHECK(on[3] > on[2]);
    CHECK(on[4] > on[3]);
}

TEST_CASE("what holds wants no second look", "[watch]") {
    for (const auto& seen :
         {model::Look{dirty_at("42")}, model::Look{on_standby(at({"41"}))}, timed_out(),
          could_not_look(FailureKind::denied, "no"), could_not_look(FailureKind::blocked, "locked")}) {
        Watched watched{{at({"42"}), seen}, with_pace(3s)};
        watched.run_until(60s);
        CHECK(watched.status().ready);
        CHECK(watched.status().held);
        CHECK(within_a_tenth(watched.gaps()[1], 3s));
    }
}

// ---- Connections --------------------------------------------------------------------------------------------------

TEST_CASE("a connection is kept while the gate is unready, and let go once it is ready", "[watch]") {
    Watched watched{at({"41"}), at({"41"}), without_table(), at({"42"}), at({"42"})};
    watched.run_until(70s);
    const auto& on = watched.use.connections;
    REQUIRE(on.size() >= 6);
    CHECK(std::vector<int>(on.begin(), on.begin() + 6) == std::vector<int>{1, 1, 1, 1, 2, 3});
    CHECK_FALSE(watched.use.connected);
}

TEST_CASE("a gate that is unready again keeps its connection again", "[watch]") {
    Watched watched{at({"42"}), at({"41"})};
    watched.run_until(45s);
    const auto& on = watched.use.connections;
    REQUIRE(on.size() >= 5);
    CHECK(std::vector<int>(on.begin(), on.begin() + 5) == std::vector<int>{1, 2, 3, 3, 3});
    CHECK(watched.use.connected);
}

// ---- Hints --------------------------------------------------------------------------------------------------------

constexpr auto kFar = 600s;  // so long an interval that no look is due meanwhile

// Behind by what is seen first, on a probe that is told.
class Told : public Watched {
public:
    explicit Told(std::initializer_list<model::Look> answers, Duration interval = kFar, std::size_t companions = 0,
                  std::uint32_t seed = 1)
        : Watched{answers, with_pace(interval), 1ms, needs_number("42"), seed} {
        script->told_by_others(companions);
    }

    Told& hint_at(std::initializer_list<Duration> times) {
        for (const auto time : times) script->hint_at(kStart + time);
        return *this;
    }

    // How long after the start each look began.
    std::vector<Duration> looks() const {
        std::vector<Duration> all;
        for (const auto when : use.looks) all.push_back(std::chrono::duration_cast<Duration>(when - kStart));
        return all;
    }
};

using Times = std::vector<Duration>;

TEST_CASE("an unready watcher listens once, and looks again for what it may have missed until then", "[watch]") {
    Told told{at({"41"})};
    told.run_until(60s);
    CHECK(told.looks() == Times{0ms, 1ms});
    CHECK(told.use.listens == 1);
    CHECK(told.use.connections == std::vector<int>{1, 1});
}

TEST_CASE("a watcher that listens keeps its connection for a look that is far away", "[watch]") {
    Told told{at({"41"})};
    told.run_until(60s);
    CHECK(told.use.connected);
    CHECK(told.use.disconnects == 0);
}

TEST_CASE("a hint leads to a look at once, on the same connection", "[watch]") {
    Told told{at({"41"}), at({"41"}), at({"42"})};
    told.hint_at({5s}).run_until(6s);
    CHECK(told.looks() == Times{0ms, 1ms, 5s});
    CHECK(told.use.connections.back() == 1);
    REQUIRE(told.changes.size() == 2);
    CHECK(told.changes.back().when == kStart + 5s + 1ms);
    CHECK(told.status().ready);
}

TEST_CASE("a hint proves nothing, and moves no later look", "[watch]") {
    Told told{{at({"41"})}, 10s};
    told.hint_at({5s}).run_until(16s);
    REQUIRE(told.looks().size() == 4);
    CHECK(told.looks()[2] == 5s);
    CHECK(within_a_tenth(told.looks()[3] - 5s, 10s));
    CHECK_FALSE(told.status().ready);
}

TEST_CASE("a ready watcher neither listens nor keeps a connection", "[watch]") {
    Told told{at({"41"}), at({"41"}), at({"42"}), timed_out()};
    told.hint_at({5s, 6s, 7s}).run_until(20s);
    CHECK(told.looks() == Times{0ms, 1ms, 5s});
    CHECK_FALSE(told.use.listening);
    CHECK_FALSE(told.use.connected);
    Told never{at({"42"})};
    never.hint_at({5s}).run_until(20s);
    CHECK(never.use.listens == 0);
    CHECK(never.looks() == Times{0ms});
}

TEST_CASE("a ready watcher that holds does not listen", "[watch]") {
    Told told{at({"42"}), timed_out()};
    told.run_until(300s);
    CHECK(told.status().held);
    CHECK(told.use.listens == 0);
}

TEST_CASE("a flood of hints costs a look in 20 ms, and other looks no time", "[watch]") {
    Told told{at({"41"})};
    for (int i = 0; i < 10'000; ++i) told.script->hint_at(kStart + 1s + i * 1ms);
    told.run_until(12s);
    const auto looks = told.looks();
    REQUIRE(looks.size() > 400);
    CHECK(looks.size() < 500);
    for (std::size_t i = 3; i < looks.size(); ++i) CHECK(looks[i] - looks[i - 1] >= 20ms);
    CHECK(told.clock.waits().size() < 2 * looks.size() + 5);  // it is not woken by each of them either
}

TEST_CASE("hints that come with a look lead to one more", "[watch]") {
    Told told{at({"41"})};
    told.script->taking(10ms);
    told.hint_at({5s, 5s + 3ms, 5s + 6ms}).run_until(8s);
    CHECK(told.looks() == Times{0ms, 10ms, 5s, 5s + 10ms + 20ms});
}

TEST_CASE("a scheduled look takes the hints before it along", "[watch]") {
    Told told{at({"41"})};
    told.hint_at({5s, 5s + 1ms, 5s + 19ms}).run_until(8s);
    CHECK(told.looks() == Times{0ms, 1ms, 5s, 5s + 21ms});
}

TEST_CASE("of a crowd nobody waits longer than a millisecond for each companion, nor than 50", "[watch]") {
    for (const auto& [companions, widest] : {std::pair{0U, 0ms}, {1U, 1ms}, {19U, 19ms}, {5000U, 50ms}}) {
        Duration earliest = kFar;
        Duration latest{0};
        for (std::uint32_t seed = 1; seed <= 200; ++seed) {
            Told told{{at({"41"})}, kFar, companions, seed};
            told.hint_at({5s}).run_until(6s);
            REQUIRE(told.looks().size() == 3);
            earliest = std::min(earliest, told.looks()[2] - 5s);
            latest = std::max(latest, told.looks()[2] - 5s);
        }
        CAPTURE(companions);
        CHECK(latest <= widest);
        CHECK(latest >= widest * 3 / 4);
        CHECK(earliest <= widest / 4);
    }
}

TEST_CASE("a connection that the other side closes hints at nothing, and the loop does not spin", "[watch]") {
    Told told{{at({"41"})}, 10s};
    told.script->close_at(kStart + 2s);
    told.run_until(14s);
    REQUIRE(told.looks().size() == 4);
    CHECK(within_a_tenth(told.looks()[2], 10s));
    CHECK(told.use.connections == std::vector<int>{1, 1, 2, 2});  // and it listens again, and looks once more
    CHECK(told.use.listens == 2);
}

TEST_CASE("one look, as a command has it, does not listen", "[watch]") {
    FakeClock clock;
    ProbeUse use;
    Board board{std::make_shared<const DependencyStatus>()};
    auto probe = std::make_unique<ScriptedProbe>(use, clock, std::initializer_list<model::Look>{at({"41"})});
    probe->told_by_others();
    Watcher watcher{{{}, needs_number("42"), std::move(probe)}, {clock, board, [](const Change&) {}, 1}};
    watcher.turn();
    CHECK(use.listens == 0);
}

// ---- The hold -----------------------------------------------------------------------------------------------------

TEST_CASE("a hold ends when it is due, without a look", "[watch]") {
    Watched watched{{at({"42"}), timed_out()}, with_hold(3s, 10s)};
    watched.run_until(50s);
    CHECK(watched.story() == Story{"satisfied ready", "unreachable held", "unreachable unready"});
    const auto held_since = watched.use.looks[1];
    CHECK(watched.changes.at(2).when == held_since + 3s);
    CHECK(watched.use.looks.at(2) > held_since + 3s);
    CHECK_FALSE(watched.status().ready);
    CHECK_FALSE(watched.status().held);
    CHECK(watched.status().state == State::unreachable);
}

TEST_CASE("a hold's end changes nothing about the next look", "[watch]") {
    Watched watched{{at({"42"}), timed_out()}, with_hold(3s, 10s)};
    watched.run_until(70s);
    CHECK(within_a_tenth(watched.gaps().at(1), 10s));
    CHECK(within_a_tenth(watched.gaps().at(2), 10s));
}

TEST_CASE("a hold is forever by default", "[watch]") {
    Watched watched{at({"42"}), timed_out()};
    watched.run_until(24h);
    CHECK(watched.story() == Story{"satisfied ready", "unreachable held"});
    CHECK(watched.status().ready);
}

TEST_CASE("a satisfied look ends a hold", "[watch]") {
    Watched watched{{at({"42"}), timed_out(), at({"42"})}, with_hold(3s, 1s)};
    watched.run_until(90s);
    CHECK(watched.story() == Story{"satisfied ready", "unreachable held", "satisfied ready"});
    CHECK_FALSE(watched.status().held);
}

TEST_CASE("a gate held on a standby's word says after the limit that no primary has confirmed", "[watch]") {
    auto settings = with_pace(1s);
    settings.gate.standby_limit = 2min;
    Watched watched{{at({"42"}), on_standby(at({"41"}))}, settings};
    watched.run_until(140s);
    CHECK_FALSE(watched.status().primary_overdue);
    CHECK(watched.status().reason.find("no primary") == std::string::npos);
    watched.run_until(160s);
    CHECK(watched.status().ready);
    CHECK(watched.status().primary_overdue);
    CHECK(watched.status().reason ==
          "at 41, needs 42; run the upgrade (a standby answered; it may lag behind its primary); no primary has "
          "confirmed it for 120 s or more");
}

// ---- What it publishes --------------------------------------------------------------------------------------------

TEST_CASE("a look that saw the database is published with all that it saw", "[watch]") {
    Watched watched{{on_standby(dirty_at("41"))}, {}, 0ms, needs_number("42", {"40", "41", "42"})};
    watched.run_until(0s);
    const auto status = watched.status();
    CHECK(status.state == State::dirty);
    CHECK(status.since == kSystemStart);
    CHECK(status.looked_at == kSystemStart);
    REQUIRE(status.sight != nullptr);
    CHECK(status.sight->current == std::vector<std::string>{"41"});
    CHECK(status.sight->missing == std::vector<std::string>{"41", "42"});
    CHECK(status.sight->failed == std::vector<std::string>{"41"});
    CHECK_FALSE(status.sight->primary);
    CHECK(status.sight->at == kSystemStart);
}

TEST_CASE("a look that failed keeps what was seen before, and since tells when the state changed", "[watch]") {
    Watched watched{at({"41"}), timed_out()};
    watched.run_until(30s);
    const auto status = watched.status();
    const auto system_time = [&](TimePoint look) {
        return kSystemStart + std::chrono::duration_cast<SystemTime::duration>(look - kStart);
    };
    REQUIRE(watched.use.looks.size() > 4);
    CHECK(status.state == State::unreachable);
    CHECK(status.reason == "no answer before the deadline (connecting)");
    CHECK(status.since == system_time(watched.use.looks[1]));
    CHECK(status.looked_at == system_time(watched.use.looks.back()));
    REQUIRE(status.sight != nullptr);
    CHECK(status.sight->current == std::vector<std::string>{"41"});
    CHECK(status.sight->at == kSystemStart);
    CHECK_FALSE(status.last_satisfied_at);
}

TEST_CASE("a database that was never seen has no sight", "[watch]") {
    Watched watched{timed_out()};
    CHECK(watched.run_until(60s).status().sight == nullptr);
    CHECK(watched.status().looked_at > kSystemStart);
}

TEST_CASE("the newest reason is published, also while the state stays", "[watch]") {
    Watched watched{at({"40"}), at({"41"})};
    watched.run_until(0s);
    CHECK(watched.status().reason == "at 40, needs 42; run the upgrade");
    watched.run_until(5s);
    CHECK(watched.status().reason == "at 41, needs 42; run the upgrade");
    CHECK(watched.status().since == kSystemStart);
    CHECK(watched.status().looked_at > kSystemStart);
    CHECK(watched.changes.size() == 1);
}

TEST_CASE("when a look was last satisfied is remembered", "[watch]") {
    Watched watched{at({"42"}), timed_out()};
    watched.run_until(50s);
    CHECK(watched.status().last_satisfied_at == kSystemStart);
}

TEST_CASE("a verdict that rests on unknown_revision is published as assumed, until another look is not", "[watch]") {
    Watched watched{{at({"newer"}), at({"b"})}, with_pace(1s, 5s), 0ms, needs_graph({"b"}, {{"a", {}}, {"b", {"a"}}})};
    watched.run_until(0s);
    CHECK(watched.status().state == State::satisfied);
    CHECK(watched.status().assumed);
    watched.run_until(10s);
    CHECK(watched.status().state == State::satisfied);
    CHECK_FALSE(watched.status().assumed);
    CHECK(watched.changes.size() == 1);
}

TEST_CASE("an unknown revision is refused if unknown_revision says fail", "[watch]") {
    config::DependencySettings settings;
    settings.unknown_revision = gate::UnknownRevision::fail;
    Watched watched{{at({"newer"})}, settings, 0ms, needs_graph({"b"}, {{"a", {}}, {"b", {"a"}}})};
    CHECK(watched.run_until(0s).status().state == State::unknown);
}

TEST_CASE("looks are counted by state and by how long they took", "[watch]") {
    Watched watched{{at({"41"}), timed_out(), at({"42"})}, with_pace(1s, 10s), 40ms};
    watched.run_until(25s);
    const auto tallies = watched.status().tallies;
    const auto of = [&](State state) { return tallies.looks_by_state[static_cast<std::size_t>(state)]; };
    CHECK(of(State::behind) == 1);
    CHECK(of(State::unreachable) == 1);
    CHECK(of(State::satisfied) == watched.use.looks.size() - 2);
    const auto at_most_50ms = std::find(kDurationBounds.begin(), kDurationBounds.end(), 0.05) - kDurationBounds.begin();
    CHECK(tallies.looks_by_duration[static_cast<std::size_t>(at_most_50ms)] == watched.use.looks.size());
    CHECK(tallies.seconds > 0.0399 * static_cast<double>(watched.use.looks.size()));
    CHECK(tallies.seconds < 0.0401 * static_cast<double>(watched.use.looks.size()));
}

TEST_CASE("a look that took exactly a bound is counted within it", "[watch]") {
    Watched watched{{at({"41"})}, {}, 50ms};
    watched.run_until(50ms);
    const auto bucket = std::find(kDurationBounds.begin(), kDurationBounds.end(), 0.05) - kDurationBounds.begin();
    CHECK(watched.status().tallies.looks_by_duration[static_cast<std::size_t>(bucket)] == 1);
}

TEST_CASE("a look that took longer than every bound is counted too", "[watch]") {
    Watched watched{{at({"41"})}, {}, 6s};
    watched.run_until(6s);
    CHECK(watched.status().tallies.looks_by_duration.back() == 1);
}

// ---- What it reports ----------------------------------------------------------------------------------------------

TEST_CASE("a change is reported once, with what it was before, for how long, and why", "[watch]") {
    Watched watched{at({"41"}), at({"41"}), at({"41"}), at({"42"})};
    watched.run_until(10s);
    REQUIRE(watched.changes.size() == 2);
    const auto& first = watched.changes[0].change;
    CHECK(first.dependency == "database");
    CHECK(first.from == State::pending);
    CHECK(first.to == State::behind);
    CHECK_FALSE(first.ready);
    CHECK(first.reason == "at 41, needs 42; run the upgrade");
    CHECK(first.after == 0s);
    const auto& second = watched.changes[1].change;
    CHECK(second.from == State::behind);
    CHECK(second.to == State::satisfied);
    CHECK(second.ready);
    CHECK_FALSE(second.held);
    CHECK(second.reason == "at 42, needs 42");
    CHECK(second.after == std::chrono::duration_cast<std::chrono::seconds>(watched.use.looks[3] - kStart));
}

TEST_CASE("a state that the gate does not follow is a change all the same", "[watch]") {
    Watched watched{at({"41"}), timed_out(), at({"41"}), dirty_at("42")};
    watched.run_until(20s);
    CHECK(watched.story() == Story{"behind unready", "unreachable unready", "behind unready", "dirty unready"});
}

TEST_CASE("what is not enforced and not ready is reported again each minute", "[watch]") {
    config::DependencySettings settings;
    settings.enforce = false;
    Watched watched{{at({"41"})}, settings};
    watched.run_until(200s);
    REQUIRE(watched.changes.size() == 4);
    for (std::size_t i = 0; i < watched.changes.size(); ++i) {
        CHECK_FALSE(watched.changes[i].change.enforced);
        CHECK(watched.changes[i].change.to == State::behind);
        CHECK(watched.changes[i].change.reason == "at 41, needs 42; run the upgrade");
        if (i > 0) CHECK(watched.changes[i].when - watched.changes[i - 1].when >= 1min);
        if (i > 0) CHECK(watched.changes[i].when - watched.changes[i - 1].when <= 61100ms);
    }
}

TEST_CASE("what is not enforced but ready, or enforced and unready, is not reported again", "[watch]") {
    config::DependencySettings settings;
    Watched unready{{at({"41"})}, settings};
    CHECK(unready.run_until(200s).changes.size() == 1);
    settings.enforce = false;
    Watched ready{{at({"42"})}, settings};
    CHECK(ready.run_until(200s).changes.size() == 1);
    Watched held{{at({"42"}), timed_out()}, settings};
    CHECK(held.run_until(200s).changes.size() == 2);
}

// ---- Liveness and stopping ----------------------------------------------------------------------------------------

TEST_CASE("a watcher is not stalled between its looks, and is three deadlines after it should have turned", "[watch]") {
    auto settings = with_pace(1s, 30s);
    settings.deadline = 2s;
    Watched watched{{at({"42"})}, settings};
    CHECK_FALSE(watched.board.stalled(kStart + 24h));  // nothing promised yet
    watched.run_until(0s);
    const auto due = watched.clock.waits().back();
    CHECK_FALSE(watched.board.stalled(due));
    CHECK_FALSE(watched.board.stalled(due + 6s));
    CHECK(watched.board.stalled(due + 6s + 1ms));
}

// Answers with what is called in the middle of each look.
class CuriousProbe final : public model::Probe {
public:
    explicit CuriousProbe(std::function<model::Look()> during) : during_{std::move(during)} {}
    model::Look observe(const model::Deadline&) override { return during_(); }
    void disconnect() override {}

private:
    std::function<model::Look()> during_;
};

TEST_CASE("a look that does not return for three deadlines stalls the watcher", "[watch]") {
    FakeClock clock;
    config::DependencySettings settings;
    settings.deadline = 2s;
    Board board{std::make_shared<const DependencyStatus>()};
    int looks = 0;
    Watcher watcher{{settings, needs_number("42"), std::make_unique<CuriousProbe>([&]() -> model::Look {
                         ++looks;
                         CHECK_FALSE(board.stalled(clock.now() + 6s));
                         CHECK(board.stalled(clock.now() + 6s + 1ms));
                         return at({"42"});
                     })},
                    {clock, board, [](const Change&) {}, 1}};
    watcher.turn();
    CHECK(looks == 1);
}

TEST_CASE("a look that a stop interrupted says nothing", "[watch]") {
    FakeClock clock;
    Board board{std::make_shared<const DependencyStatus>()};
    std::vector<Change> changes;
    int looks = 0;
    Watcher watcher{{{}, needs_number("42"), std::make_unique<CuriousProbe>([&]() -> model::Look {
                         if (++looks == 1) return at({"42"});
                         clock.stop_at(clock.now());
                         return interrupted();
                     })},
                    {clock, board, [&](const Change& change) { changes.push_back(change); }, 1}};
    watcher.run();
    CHECK(looks == 2);
    CHECK(changes.size() == 1);
    CHECK(board.read()->state == State::satisfied);
    CHECK(board.read()->ready);
    CHECK(board.read()->looked_at == kSystemStart);
    CHECK(board.read()->tallies.looks_by_state[static_cast<std::size_t>(State::unreachable)] == 0);
}

TEST_CASE("a stop ends the wait, and nothing is looked at after it", "[watch]") {
    Watched watched{at({"42"})};
    watched.run_until(10s);
    CHECK(watched.use.looks.size() == 1);
    CHECK(watched.clock.now() == kStart + 10s);
    CHECK(watched.status().ready);
}

}  // namespace
}  // namespace schemalatch
