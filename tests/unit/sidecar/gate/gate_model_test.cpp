// The gate against a second telling of contract 3.6, over random histories.
//
// The gate keeps five values and changes them with every look. The telling below keeps nothing but what happened, and
// answers each question by looking back over it, so that the two are unlikely to be wrong in the same way.
//
// SCHEMALATCH_SEED=N repeats a run, SCHEMALATCH_HISTORIES=N makes it shorter or longer.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "sidecar/gate/gate.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

// Milliseconds since the history began. Bare integers, because this runs some 10^8 times in a debug build.
using Instant = std::int64_t;
constexpr Instant kNever = std::numeric_limits<Instant>::max();
constexpr Instant kSecond = 1000;

// ---- The second telling -------------------------------------------------------------------------------------------

// A look by its row in the table of contract 3.6.
struct Kind {
    enum Row { satisfied, second_look_decides, exactly_dirty, cannot_ask, standby } row;
    bool primary_answered;
};

Kind kind_of(const Verdict& verdict) {
    const bool primary_answered = verdict.saw_database && verdict.primary;
    if (verdict.state == State::satisfied) return {Kind::satisfied, primary_answered};
    if (verdict.saw_database && !verdict.primary) return {Kind::standby, false};
    switch (verdict.state) {
        case State::dirty:
            return {verdict.dirty_at_requirement ? Kind::exactly_dirty : Kind::second_look_decides, primary_answered};
        case State::behind:
        case State::unmigrated:
        case State::diverged:
        case State::unknown:
            return {Kind::second_look_decides, primary_answered};
        case State::satisfied:
        case State::unreachable:
        case State::denied:
        case State::blocked:
        case State::unreadable:
        case State::ambiguous:
        case State::pending:
            break;
    }
    return {Kind::cannot_ask, primary_answered};
}

struct Settings {
    Instant hold;  // kNever: forever
    Instant standby_limit;
};

struct Answers {
    bool ready;
    bool held;
    bool primary_overdue;
    Instant second_look_at;
    Instant hold_ends_at;

    bool operator==(const Answers&) const = default;
};

// Everything that happened so far, and the questions that may be asked about it.
class Past {
public:
    explicit Past(Settings settings) : settings_{settings} {}

    void look(Kind kind, Instant when) {
        looks_.push_back({kind, when});
        if (kind.row == Kind::satisfied) last_satisfied_ = looks_.size();
        now_ = when;
    }

    void time_passes(Instant until) { now_ = until; }

    Answers answers() const {
        const Instant holds_since = first_hold();
        const bool limited = settings_.hold != kNever && holds_since != kNever;
        const Instant hold_ends = limited ? holds_since + settings_.hold : kNever;
        const bool ready = last_satisfied_ > 0 && now_ < hold_ends && !two_looks_agreed();
        if (!ready) return {false, false, false, kNever, kNever};

        const Instant doubt = outstanding_doubt();
        const Instant standby = unconfirmed_standby();
        return {.ready = true,
                .held = last_satisfied_ < looks_.size(),
                .primary_overdue = standby != kNever && now_ - standby > settings_.standby_limit,
                .second_look_at = doubt == kNever ? kNever : doubt + kSecond,
                .hold_ends_at = hold_ends};
    }

private:
    struct Event {
        Kind kind;
        Instant when;
    };

    // "Counted from the first look that made the gate hold" since it was last satisfied.
    Instant first_hold() const {
        for (std::size_t i = last_satisfied_; i < looks_.size(); ++i) {
            if (looks_[i].kind.row != Kind::second_look_decides) return looks_[i].when;
        }
        return kNever;
    }

    // Whether, since the gate was last satisfied, some two looks a second or more apart both spoke against it, with
    // nothing between them that ends a doubt. Then it turned unready, and nothing but a satisfied look can mend that.
    bool two_looks_agreed() const {
        for (std::size_t later = last_satisfied_; later < looks_.size(); ++later) {
            if (looks_[later].kind.row != Kind::second_look_decides) continue;
            for (std::size_t i = later; i > last_satisfied_; --i) {
                const Event& earlier = looks_[i - 1];
                if (earlier.kind.row == Kind::exactly_dirty) break;
                if (earlier.kind.row != Kind::second_look_decides) continue;
                if (looks_[later].when - earlier.when >= kSecond) return true;
            }
        }
        return false;
    }

    // The first look against the gate since anything that ends a doubt.
    Instant outstanding_doubt() const {
        Instant first = kNever;
        for (std::size_t i = looks_.size(); i > last_satisfied_; --i) {
            const Event& event = looks_[i - 1];
            if (event.kind.row == Kind::exactly_dirty) break;
            if (event.kind.row == Kind::second_look_decides) first = event.when;
        }
        return first;
    }

    // The first standby's look against the gate since a primary answered.
    Instant unconfirmed_standby() const {
        Instant first = kNever;
        for (std::size_t i = looks_.size(); i > last_satisfied_; --i) {
            const Event& event = looks_[i - 1];
            if (event.kind.primary_answered) break;
            if (event.kind.row == Kind::standby) first = event.when;
        }
        return first;
    }

    Settings settings_;
    Instant now_ = 0;
    std::vector<Event> looks_;
    std::size_t last_satisfied_ = 0;  // one past the newest satisfied look; 0: the gate was never ready
};

// ---- Random histories ---------------------------------------------------------------------------------------------

// splitmix64: as good as needed here, and twenty times as fast as <random> without optimisation.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_{seed} {}

    Instant below(Instant bound) { return static_cast<Instant>(next() % static_cast<std::uint64_t>(bound)); }

    template <std::size_t n>
    Instant one_of(const Instant (&values)[n]) {
        return values[next() % n];
    }

private:
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    std::uint64_t state_;
};

struct Step {
    Instant when;
    int verdict;  // into every_kind_of_verdict(); -1: time passes without a look
};

struct History {
    Settings settings;
    std::vector<Step> steps;
};

Settings random_settings(Dice& dice) {
    static constexpr Instant kHolds[] = {kNever, kNever, kNever, 0, 1, 500, 999, 1000, 1001, 3000, 30000, 60000};
    static constexpr Instant kLimits[] = {0, 1, 1000, 5000, 60000, 600000, 600000};
    return {.hold = dice.one_of(kHolds), .standby_limit = dice.one_of(kLimits)};
}

// A moment that is a limit, or a millisecond beside it, away from an earlier step; else some time after the last one.
Instant random_moment(Dice& dice, const History& history) {
    static constexpr Instant kPauses[] = {0,   1,    2,    10,   250,  500,  500,   998,
                                          999, 1000, 1000, 1001, 1500, 5000, 30000, 180000};
    const Instant last = history.steps.empty() ? 0 : history.steps.back().when;
    const Instant way = dice.below(8);
    if (way == 0) return last + 1 + dice.below(2000);
    if (way > 3 || history.steps.empty()) return last + dice.one_of(kPauses);

    const Instant hold = history.settings.hold == kNever ? kSecond : history.settings.hold;
    const Instant limit = way == 1 ? kSecond : way == 2 ? hold : history.settings.standby_limit;
    const auto earlier = static_cast<std::size_t>(dice.below(static_cast<Instant>(history.steps.size())));
    return std::max(last, history.steps[earlier].when + limit - 1 + dice.below(3));
}

// Which verdicts a history has to choose from: all of them, or a few, so that long runs of the same happen too.
void make_random(History& history, Dice& dice) {
    static const auto kVerdicts = static_cast<Instant>(support::every_kind_of_verdict().size());
    history.settings = random_settings(dice);
    history.steps.clear();
    int some[4];
    for (auto& verdict : some) verdict = static_cast<int>(dice.below(kVerdicts));
    some[0] = 0;  // satisfied
    const bool from_all = dice.below(2) == 0;
    const Instant length = dice.below(8) == 0 ? 10 + dice.below(30) : 3 + dice.below(9);
    for (Instant i = 0; i < length; ++i) {
        const Instant when = random_moment(dice, history);
        int verdict = from_all ? static_cast<int>(dice.below(kVerdicts)) : some[dice.below(4)];
        if (i == 0 && dice.below(4) != 0) verdict = 0;
        if (i > 0 && dice.below(6) == 0) verdict = -1;
        history.steps.push_back({when, verdict});
    }
}

// ---- Side by side -------------------------------------------------------------------------------------------------

Instant since_start(const std::optional<TimePoint>& at) {
    return at ? std::chrono::duration_cast<Duration>(at->time_since_epoch()).count() : kNever;
}

Answers answers_of(const Gate& gate, TimePoint now) {
    return {.ready = gate.ready(),
            .held = gate.held(),
            .primary_overdue = gate.primary_overdue(now),
            .second_look_at = since_start(gate.second_look_at()),
            .hold_ends_at = since_start(gate.hold_ends_at())};
}

std::string described(const Answers& answers) {
    std::ostringstream out;
    out << (answers.ready ? "ready" : "unready");
    if (answers.held) out << ", held";
    if (answers.second_look_at != kNever) out << ", second look at " << answers.second_look_at << "ms";
    if (answers.hold_ends_at != kNever) out << ", hold ends at " << answers.hold_ends_at << "ms";
    if (answers.primary_overdue) out << ", primary overdue";
    return out.str();
}

// Plays the history to both until they differ; nullopt: they never do. The transcript is in the words of
// tests/data/gate, with what the contract wants after each line.
class Comparison {
public:
    Comparison() {
        for (const auto& named : support::every_kind_of_verdict()) kinds_.push_back(kind_of(named.verdict));
    }

    bool same(const History& history, std::ostream* transcript = nullptr) const {
        const auto& verdicts = support::every_kind_of_verdict();
        Past past{history.settings};
        GateSettings settings{.standby_limit = Duration{history.settings.standby_limit}};
        if (history.settings.hold != kNever) settings.hold = Duration{history.settings.hold};
        Gate gate{settings};
        for (const auto& step : history.steps) {
            const TimePoint now{Duration{step.when}};
            const auto which = static_cast<std::size_t>(step.verdict);
            const bool looked = step.verdict >= 0;
            if (looked) {
                gate.judge(verdicts[which].verdict, now);
                past.look(kinds_[which], step.when);
            } else {
                gate.advance(now);
                past.time_passes(step.when);
            }
            const Answers actual = answers_of(gate, now);
            const Answers expected = past.answers();
            if (transcript != nullptr) {
                *transcript << step.when << "ms " << (looked ? verdicts[which].words : "time passes") << "\n-> "
                            << described(expected) << '\n';
            }
            if (!(actual == expected)) {
                if (transcript != nullptr) *transcript << "but the gate says: " << described(actual) << '\n';
                return false;
            }
        }
        return true;
    }

private:
    std::vector<Kind> kinds_;  // of every_kind_of_verdict()
};

// The same difference with as few steps as possible.
History shortest(History history, const Comparison& comparison) {
    for (std::size_t i = history.steps.size(); i-- > 0;) {
        History shorter = history;
        shorter.steps.erase(shorter.steps.begin() + static_cast<std::ptrdiff_t>(i));
        if (!comparison.same(shorter)) {
            history = std::move(shorter);
            i = history.steps.size();
        }
    }
    return history;
}

std::string transcript_of(const History& history, const Comparison& comparison) {
    std::ostringstream out;
    out << "hold ";
    if (history.settings.hold == kNever) {
        out << "forever\n";
    } else {
        out << history.settings.hold << "ms\n";
    }
    out << "standby_limit " << history.settings.standby_limit << "ms\n";
    comparison.same(history, &out);
    return out.str();
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

TEST_CASE("a gate answers as contract 3.6 says, whatever the looks and however they are timed", "[gate]") {
    std::random_device entropy;
    const auto seed = from_environment("SCHEMALATCH_SEED", entropy());
    const auto histories = from_environment("SCHEMALATCH_HISTORIES", 1000000);
    std::cerr << "gate model: SCHEMALATCH_SEED=" << seed << " SCHEMALATCH_HISTORIES=" << histories << '\n';

    const Comparison comparison;
    Dice dice{seed};
    History history;
    for (std::uint64_t i = 0; i < histories; ++i) {
        make_random(history, dice);
        if (!comparison.same(history)) {
            INFO("SCHEMALATCH_SEED=" << seed << ", history " << i << ":\n" << transcript_of(history, comparison));
            FAIL("gate and contract differ, in as few steps as possible:\n"
                 << transcript_of(shortest(history, comparison), comparison));
        }
    }
    SUCCEED();
}

}  // namespace
}  // namespace schemalatch::gate
