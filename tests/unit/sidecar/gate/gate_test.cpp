#include "sidecar/gate/gate.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{24h};

const Verdict& verdict(std::string_view words) {
    const auto* found = support::verdict_named(words);
    REQUIRE(found != nullptr);
    return *found;
}

Gate once_ready(GateSettings settings = {}) {
    Gate gate{settings};
    gate.judge(verdict("satisfied"), kStart);
    return gate;
}

// ---- The table of contract 3.6 ------------------------------------------------------------------------------------

// What a look does to a gate that was ready: at once, and when a second look a second later says the same.
struct Row {
    const char* look;
    bool ready_after_first;
    bool ready_after_second;
};

const std::vector<Row> kTable{
    {"satisfied", true, true},
    {"satisfied on a standby", true, true},
    {"assumed", true, true},
    {"assumed on a standby", true, true},
    {"behind", true, false},
    {"unmigrated", true, false},
    {"diverged", true, false},
    {"dirty", true, false},
    {"unknown", true, false},
    {"dirty at the requirement", true, true},
    {"unreachable", true, true},
    {"denied", true, true},
    {"blocked", true, true},
    {"unreadable", true, true},
    {"unreadable, maybe a standby", true, true},
    {"ambiguous", true, true},
    {"behind on a standby", true, true},
    {"unmigrated on a standby", true, true},
    {"diverged on a standby", true, true},
    {"dirty on a standby", true, true},
    {"dirty at the requirement on a standby", true, true},
    {"unknown on a standby", true, true},
    {"unreadable version", true, true},
    {"unreadable version on a standby", true, true},
};

bool is_satisfied(std::string_view words) { return verdict(words).state == State::satisfied; }

TEST_CASE("the table of looks is complete", "[gate]") {
    for (const auto& named : support::every_kind_of_verdict()) {
        CAPTURE(named.words);
        CHECK(std::any_of(kTable.begin(), kTable.end(), [&](const Row& row) { return row.look == named.words; }));
    }
}

TEST_CASE("a gate that was never looked at is unready", "[gate]") {
    Gate gate{GateSettings{}};
    gate.advance(kStart);
    CHECK_FALSE(gate.ready());
    CHECK_FALSE(gate.held());
    CHECK_FALSE(gate.second_look_at());
    CHECK_FALSE(gate.hold_ends_at());
    CHECK_FALSE(gate.primary_overdue(kStart));
}

TEST_CASE("a gate that was never ready becomes so by a satisfied look only", "[gate]") {
    for (const auto& row : kTable) {
        CAPTURE(row.look);
        Gate gate{GateSettings{}};
        for (const auto after : {0s, 1s, 60s}) {
            gate.judge(verdict(row.look), kStart + after);
            CHECK(gate.ready() == is_satisfied(row.look));
            CHECK_FALSE(gate.held());
            CHECK_FALSE(gate.second_look_at());
            CHECK_FALSE(gate.hold_ends_at());
            CHECK_FALSE(gate.primary_overdue(kStart + 24h));
        }
    }
}

TEST_CASE("a gate that was ready does with a look what the contract's table says", "[gate]") {
    for (const auto& row : kTable) {
        CAPTURE(row.look);
        Gate gate = once_ready();
        gate.judge(verdict(row.look), kStart + 30s);
        CHECK(gate.ready() == row.ready_after_first);
        CHECK(gate.held() == !is_satisfied(row.look));
        CHECK(gate.second_look_at().has_value() == !row.ready_after_second);

        gate.judge(verdict(row.look), kStart + 31s);
        CHECK(gate.ready() == row.ready_after_second);
        CHECK(gate.held() == (row.ready_after_second && !is_satisfied(row.look)));
        CHECK_FALSE(gate.second_look_at());
    }
}

// ---- The second look ----------------------------------------------------------------------------------------------

TEST_CASE("the second look is wanted exactly one second after the first", "[gate]") {
    CHECK(kSecondLookAfter == 1s);
    Gate gate = once_ready();
    gate.judge(verdict("behind"), kStart + 30s);
    CHECK(gate.second_look_at() == kStart + 31s);
}

TEST_CASE("a look sooner than a second cannot agree, and does not put the second look off", "[gate]") {
    Gate gate = once_ready();
    gate.judge(verdict("behind"), kStart + 30s);
    gate.judge(verdict("behind"), kStart + 30s + 500ms);
    gate.judge(verdict("behind"), kStart + 30s + 999ms);
    CHECK(gate.ready());
    CHECK(gate.second_look_at() == kStart + 31s);
    gate.judge(verdict("behind"), kStart + 31s);
    CHECK_FALSE(gate.ready());
}

TEST_CASE("the second look agrees by any of the states that would close the gate", "[gate]") {
    for (const auto* second : {"behind", "unmigrated", "diverged", "dirty", "unknown"}) {
        CAPTURE(second);
        Gate gate = once_ready();
        gate.judge(verdict("unmigrated"), kStart + 30s);
        gate.judge(verdict(second), kStart + 31s);
        CHECK_FALSE(gate.ready());
    }
}

TEST_CASE("a satisfied look and a dirty one at exactly the requirement end a doubt", "[gate]") {
    for (const auto* between : {"satisfied", "dirty at the requirement"}) {
        CAPTURE(between);
        Gate gate = once_ready();
        gate.judge(verdict("behind"), kStart + 30s);
        gate.judge(verdict(between), kStart + 30s + 500ms);
        CHECK_FALSE(gate.second_look_at());
        gate.judge(verdict("behind"), kStart + 31s);
        CHECK(gate.ready());
        CHECK(gate.second_look_at() == kStart + 32s);
    }
}

TEST_CASE("a look that cannot ask, or a standby's, neither agrees with a doubt nor ends it", "[gate]") {
    for (const auto* between : {"unreachable", "denied", "blocked", "unreadable", "ambiguous", "behind on a standby",
                                "dirty at the requirement on a standby", "unmigrated on a standby"}) {
        CAPTURE(between);
        Gate gate = once_ready();
        gate.judge(verdict("behind"), kStart + 30s);
        gate.judge(verdict(between), kStart + 35s);
        CHECK(gate.ready());
        CHECK(gate.second_look_at() == kStart + 31s);
        gate.judge(verdict("behind"), kStart + 36s);
        CHECK_FALSE(gate.ready());
    }
}

TEST_CASE("a doubt alone never closes a gate, however much time passes", "[gate]") {
    Gate gate = once_ready({.hold = 0s});
    gate.judge(verdict("behind"), kStart + 30s);
    gate.advance(kStart + 30s + 24h);
    CHECK(gate.ready());
    CHECK_FALSE(gate.hold_ends_at());
}

TEST_CASE("a gate that turned unready is as if it had never been ready", "[gate]") {
    Gate gate = once_ready();
    gate.judge(verdict("behind"), kStart + 30s);
    gate.judge(verdict("behind"), kStart + 31s);
    for (const auto* words : {"unreachable", "dirty at the requirement", "behind on a standby"}) {
        CAPTURE(words);
        gate.judge(verdict(words), kStart + 32s);
        CHECK_FALSE(gate.ready());
        CHECK_FALSE(gate.held());
    }
    gate.judge(verdict("satisfied"), kStart + 33s);
    CHECK(gate.ready());
    gate.judge(verdict("behind"), kStart + 34s);
    CHECK(gate.ready());
    CHECK(gate.second_look_at() == kStart + 35s);
}

// ---- The hold -----------------------------------------------------------------------------------------------------

TEST_CASE("a hold lasts for ever by default", "[gate]") {
    Gate gate = once_ready();
    gate.judge(verdict("unreachable"), kStart + 30s);
    CHECK_FALSE(gate.hold_ends_at());
    gate.advance(kStart + 24h * 365);
    CHECK(gate.ready());
    CHECK(gate.held());
}

TEST_CASE("a hold that is limited ends then, with a look or without", "[gate]") {
    for (const auto* words : {"unreachable", "dirty at the requirement", "behind on a standby"}) {
        CAPTURE(words);
        Gate gate = once_ready({.hold = 10s});
        gate.judge(verdict(words), kStart + 30s);
        CHECK(gate.hold_ends_at() == kStart + 40s);

        Gate looked = gate;
        looked.judge(verdict(words), kStart + 40s - 1ms);
        CHECK(looked.ready());
        looked.judge(verdict(words), kStart + 40s);
        CHECK_FALSE(looked.ready());

        gate.advance(kStart + 40s - 1ms);
        CHECK(gate.ready());
        gate.advance(kStart + 40s);
        CHECK_FALSE(gate.ready());
        CHECK_FALSE(gate.held());
        CHECK_FALSE(gate.hold_ends_at());
    }
}

TEST_CASE("a hold counts from the first look that made the gate hold", "[gate]") {
    Gate gate = once_ready({.hold = 10s});
    gate.judge(verdict("unreachable"), kStart + 30s);
    gate.judge(verdict("behind on a standby"), kStart + 35s);
    gate.judge(verdict("behind"), kStart + 37s);
    gate.judge(verdict("dirty at the requirement"), kStart + 38s);
    CHECK(gate.hold_ends_at() == kStart + 40s);
}

TEST_CASE("a satisfied look ends a hold, and the next one counts anew", "[gate]") {
    Gate gate = once_ready({.hold = 10s});
    gate.judge(verdict("unreachable"), kStart + 30s);
    gate.judge(verdict("satisfied"), kStart + 35s);
    CHECK_FALSE(gate.held());
    CHECK_FALSE(gate.hold_ends_at());
    gate.judge(verdict("unreachable"), kStart + 60s);
    CHECK(gate.hold_ends_at() == kStart + 70s);
}

TEST_CASE("a hold of no time is none", "[gate]") {
    for (const auto* words : {"unreachable", "dirty at the requirement", "behind on a standby"}) {
        CAPTURE(words);
        Gate gate = once_ready({.hold = 0s});
        gate.judge(verdict(words), kStart + 30s);
        CHECK_FALSE(gate.ready());
    }
}

TEST_CASE("a look after the hold's end finds a gate that is no longer ready", "[gate]") {
    Gate gate = once_ready({.hold = 10s});
    gate.judge(verdict("unreachable"), kStart + 30s);
    gate.judge(verdict("behind"), kStart + 41s);
    CHECK_FALSE(gate.ready());
    CHECK_FALSE(gate.second_look_at());
}

// ---- The standby --------------------------------------------------------------------------------------------------

TEST_CASE("a gate that a standby holds says after the limit that no primary has confirmed", "[gate]") {
    Gate gate = once_ready({.standby_limit = 10min});
    gate.judge(verdict("behind on a standby"), kStart + 30s);
    CHECK_FALSE(gate.primary_overdue(kStart + 30s));
    gate.judge(verdict("behind on a standby"), kStart + 10min);
    CHECK_FALSE(gate.primary_overdue(kStart + 10min));
    CHECK_FALSE(gate.primary_overdue(kStart + 10min + 30s - 1ms));
    CHECK(gate.primary_overdue(kStart + 10min + 30s + 1ms));
    CHECK(gate.ready());
    CHECK(gate.held());
}

TEST_CASE("no primary is overdue until longer than the limit", "[gate]") {
    Gate gate = once_ready({.standby_limit = 10min});
    gate.judge(verdict("behind on a standby"), kStart);
    CHECK_FALSE(gate.primary_overdue(kStart + 10min));
}

TEST_CASE("any answer of a primary starts the standby's limit anew, a look that cannot ask does not", "[gate]") {
    struct Between {
        const char* look;
        bool overdue;
    };
    const std::vector<Between> rows{
        {"satisfied", false},
        {"behind", false},
        {"dirty at the requirement", false},
        {"unreadable version", false},
        {"unreachable", true},
        {"denied", true},
        {"unreadable", true},
        {"unreadable, maybe a standby", true},
    };
    for (const auto& [look, overdue] : rows) {
        CAPTURE(look);
        Gate gate = once_ready({.standby_limit = 10min});
        gate.judge(verdict("behind on a standby"), kStart);
        gate.judge(verdict(look), kStart + 5min);
        gate.judge(verdict("behind on a standby"), kStart + 5min + 500ms);
        CHECK(gate.ready());
        CHECK(gate.primary_overdue(kStart + 11min) == overdue);
        CHECK(gate.primary_overdue(kStart + 16min));
    }
}

TEST_CASE("a gate that is held for other reasons has no overdue primary", "[gate]") {
    for (const auto* words : {"unreachable", "behind", "dirty at the requirement", "unreadable, maybe a standby"}) {
        CAPTURE(words);
        Gate gate = once_ready({.standby_limit = 10min});
        gate.judge(verdict(words), kStart);
        CHECK_FALSE(gate.primary_overdue(kStart + 24h));
    }
}

TEST_CASE("a satisfied standby is no overdue primary", "[gate]") {
    Gate gate = once_ready({.standby_limit = 10min});
    gate.judge(verdict("behind on a standby"), kStart);
    gate.judge(verdict("satisfied on a standby"), kStart + 20min);
    CHECK_FALSE(gate.primary_overdue(kStart + 20min));
    CHECK_FALSE(gate.held());
}

// ---- Stories ------------------------------------------------------------------------------------------------------
//
// tests/data/gate/*.txt. A line is a comment (#), a setting of the gate (`hold 30s`, `standby_limit 10m`), a look or
// the lack of one (`31s behind`, `40s time passes`; the words are those of tests/support/requirements.h), or what the
// gate then answers (`-> ready, held, second look at 32s`).

constexpr std::string_view kTimePasses = "time passes";

// "1m30s", "250ms"; nullopt: no duration.
std::optional<Duration> duration(std::string_view text) {
    static const std::map<std::string_view, Duration> kUnits{{"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}};
    if (text.empty()) return std::nullopt;
    Duration sum{};
    while (!text.empty()) {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto unit_ends = std::min(text.find_first_of("0123456789", digits), text.size());
        const auto unit = text.substr(digits, unit_ends - digits);
        if (digits == 0) return std::nullopt;
        const auto known = kUnits.find(unit);
        if (known == kUnits.end()) return std::nullopt;
        sum += std::stoll(std::string{text.substr(0, digits)}) * known->second;
        text.remove_prefix(unit_ends);
    }
    return sum;
}

std::string milliseconds(Duration time) { return std::to_string(time.count()) + "ms"; }

std::string since_start(TimePoint at) { return milliseconds(std::chrono::duration_cast<Duration>(at - kStart)); }

std::string answers_of(const Gate& gate, TimePoint now) {
    std::string text = gate.ready() ? "ready" : "unready";
    if (gate.held()) text += ", held";
    if (gate.second_look_at()) text += ", second look at " + since_start(*gate.second_look_at());
    if (gate.hold_ends_at()) text += ", hold ends at " + since_start(*gate.hold_ends_at());
    if (gate.primary_overdue(now)) text += ", primary overdue";
    return text;
}

// Every duration spelt in milliseconds, so that answers compare as text.
std::string in_milliseconds(const std::string& line) {
    std::istringstream in{line};
    std::string text;
    for (std::string word; in >> word;) {
        const bool comma = word.back() == ',';
        const auto bare = comma ? word.substr(0, word.size() - 1) : word;
        const auto time = duration(bare);
        text += (text.empty() ? "" : " ") + (time ? milliseconds(*time) : bare) + (comma ? "," : "");
    }
    return text;
}

// True after every line of every story.
void check_invariants(const Gate& gate, TimePoint now, bool was_ready, const Verdict* look) {
    CHECK((!gate.held() || gate.ready()));
    CHECK((!gate.second_look_at() || gate.held()));
    CHECK((!gate.second_look_at() || *gate.second_look_at() <= now + kSecondLookAfter));
    CHECK((!gate.hold_ends_at() || gate.held()));
    CHECK((!gate.hold_ends_at() || *gate.hold_ends_at() > now));
    CHECK((!gate.primary_overdue(now) || gate.held()));
    const bool satisfied = look != nullptr && look->state == State::satisfied;
    CHECK((!satisfied || (gate.ready() && !gate.held())));
    CHECK((!gate.ready() || was_ready || satisfied));
}

class Story {
public:
    void tell(const std::string& line) {
        if (line.empty() || line.starts_with('#')) return;
        if (line.starts_with("-> ")) return check_answers(line.substr(3));
        const auto blank = line.find(' ');
        REQUIRE(blank != std::string::npos);
        const auto first = line.substr(0, blank);
        const auto rest = line.substr(blank + 1);
        if (const auto when = duration(first)) return step(kStart + *when, rest);
        set(first, rest);
    }

    int answers_checked() const { return answers_checked_; }

private:
    void set(const std::string& name, const std::string& value) {
        REQUIRE_FALSE(started_);
        if (name == "hold" && value == "forever") return;
        REQUIRE(duration(value));
        REQUIRE((name == "hold" || name == "standby_limit"));
        if (name == "hold") settings_.hold = duration(value);
        if (name == "standby_limit") settings_.standby_limit = *duration(value);
        gate_ = Gate{settings_};
    }

    void step(TimePoint when, const std::string& words) {
        REQUIRE(when >= now_);
        started_ = true;
        now_ = when;
        const bool was_ready = gate_.ready();
        const Verdict* look = support::verdict_named(words);
        if (words == kTimePasses) {
            gate_.advance(now_);
        } else {
            REQUIRE(look != nullptr);
            gate_.judge(*look, now_);
        }
        check_invariants(gate_, now_, was_ready, look);
    }

    void check_answers(const std::string& expected) {
        REQUIRE(started_);
        CHECK(answers_of(gate_, now_) == in_milliseconds(expected));
        ++answers_checked_;
    }

    GateSettings settings_;
    Gate gate_{settings_};
    TimePoint now_ = kStart;
    bool started_ = false;
    int answers_checked_ = 0;
};

TEST_CASE("every gate story comes out as it is told", "[gate]") {
    const auto folder = std::filesystem::path{SCHEMALATCH_TEST_DATA} / "gate";
    int stories = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() != ".txt") continue;
        std::ifstream in{entry.path()};
        REQUIRE(in);
        Story story;
        int number = 0;
        for (std::string line; std::getline(in, line);) {
            INFO(entry.path().filename().string() << ":" << ++number << ": " << line);
            story.tell(line);
        }
        CAPTURE(entry.path());
        CHECK(story.answers_checked() > 0);
        ++stories;
    }
    CHECK(stories > 0);
}

}  // namespace
}  // namespace schemalatch::gate
