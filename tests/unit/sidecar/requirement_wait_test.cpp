#include "sidecar/requirement_wait.h"

#include <functional>

#include "sidecar/requirement/baked_file.h"
#include "tests/support/catch.h"
#include "tests/support/fake_clock.h"
#include "tests/support/requirements.h"
#include "tests/support/scratch.h"

namespace schemalatch {
namespace {

using namespace std::chrono_literals;
using requirement::to_json;
using support::FakeClock;
using support::needs_number;
using support::Scratch;

// Time in which something happens: before each wait.
class EventfulClock final : public Clock {
public:
    explicit EventfulClock(std::function<void()> before_wait) : before_wait_{std::move(before_wait)} {}

    model::TimePoint now() const override { return clock_.now(); }
    SystemTime system_now() const override { return clock_.system_now(); }
    bool wait_until(model::TimePoint at, int wake_fd) override {
        before_wait_();
        return clock_.wait_until(at, wake_fd);
    }
    bool take_request() override { return clock_.take_request(); }
    int stop_fd() const override { return clock_.stop_fd(); }

    FakeClock& clock() { return clock_; }

private:
    FakeClock clock_;
    std::function<void()> before_wait_;
};

config::DependencySettings settings_for(const std::string& file) {
    config::DependencySettings settings;
    settings.name = "orders";
    settings.url = "sqlite:////app.db";
    settings.require = "@" + file;
    settings.require_wait = 10s;
    return settings;
}

struct Waited {
    explicit Waited(const std::string& file) : settings{settings_for(file)}, outline{outline_of(settings)} {}

    static Outline outline_of(const config::DependencySettings& settings) {
        return std::get<Outline>(resolve_patiently(settings, tools::Catalogue{}).value());
    }

    config::DependencySettings settings;
    Outline outline;
    Board board{std::make_shared<const DependencyStatus>(status_without_requirement(outline, FakeClock::kSystemStart))};
};

TEST_CASE("a baked file that comes in time completes the dependency", "[requirement_wait]") {
    const Scratch scratch;
    Waited waited{scratch.path("required.json")};
    int waits = 0;
    EventfulClock clock{[&] {
        if (++waits == 3) scratch.write("required.json", to_json(needs_number("3", {"1", "3"})));
    }};
    const auto dependency = await_requirement(waited.outline, clock, waited.board);
    REQUIRE(dependency);
    REQUIRE(*dependency);
    CHECK((*dependency)->requirement.tool == "golang-migrate");
    CHECK(clock.now() == FakeClock::kStart + 3s);
}

TEST_CASE("meanwhile the board says what is waited for and how long", "[requirement_wait]") {
    const Scratch scratch;
    Waited waited{scratch.path("required.json")};
    CHECK(waited.board.read()->state == gate::State::pending);
    CHECK(waited.board.read()->requirement_source == "@" + scratch.path("required.json"));
    EventfulClock clock{[] {}};
    clock.clock().stop_at(FakeClock::kStart + 2s);
    const auto stopped = await_requirement(waited.outline, clock, waited.board);
    REQUIRE(stopped);
    CHECK_FALSE(*stopped);
    const auto status = waited.board.read();
    CHECK(status->state == gate::State::pending);
    CHECK_FALSE(status->ready);
    CHECK_THAT(status->reason, Catch::Matchers::StartsWith("waits up to 10 s (require_wait) for what it needs: "));
    CHECK_THAT(status->reason, Catch::Matchers::ContainsSubstring("required.json: No such file or directory"));
}

TEST_CASE("a baked file that is bad is waited for as well, and given up when the time is over", "[requirement_wait]") {
    const Scratch scratch;
    Waited waited{scratch.write("required.json", "{")};
    EventfulClock clock{[] {}};
    const auto given_up = await_requirement(waited.outline, clock, waited.board);
    REQUIRE_FALSE(given_up);
    REQUIRE(given_up.error().size() == 2);
    CHECK_THAT(given_up.error()[0], Catch::Matchers::ContainsSubstring("required.json"));
    CHECK(given_up.error()[1] == "dependency \"orders\": require_wait: 10 s are over");
    CHECK(clock.now() == FakeClock::kStart + 10s);
}

TEST_CASE("whoever asks for a look meanwhile is heard once, and makes no wait endless", "[requirement_wait]") {
    const Scratch scratch;
    Waited waited{scratch.path("required.json")};
    EventfulClock clock{[] {}};
    clock.clock().request();
    CHECK_FALSE(await_requirement(waited.outline, clock, waited.board));
    CHECK(clock.now() == FakeClock::kStart + 10s);
    CHECK(clock.clock().waits().size() == 11);
}

TEST_CASE("without require_wait a baked file that is missing is a problem at once", "[requirement_wait]") {
    auto settings = settings_for("/nowhere/required.json");
    settings.require_wait = 0s;
    CHECK_FALSE(resolve_patiently(settings, tools::Catalogue{}));
}

TEST_CASE("what is wrong beside the baked file is a problem at once", "[requirement_wait]") {
    auto settings = settings_for("/nowhere/required.json");
    settings.url = "nonsense";
    const auto refused = resolve_patiently(settings, tools::Catalogue{});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().size() == 2);
}

}  // namespace
}  // namespace schemalatch
