#include "sidecar/gate/gate.h"

namespace schemalatch::gate {

namespace {

// What a look that is not satisfied does to a gate that was ready.
enum class Effect {
    closes,  // unready once a second look agrees
    holds,   // tells nothing against the schema
    clears,  // holds, and contradicts an earlier look that would have closed the gate
};

Effect effect_of(const Verdict& verdict) {
    if (!verdict.saw_database || !verdict.primary) return Effect::holds;
    switch (verdict.state) {
        case State::behind:
        case State::unmigrated:
        case State::diverged:
        case State::unknown:
            return Effect::closes;
        case State::dirty:
            return verdict.dirty_at_requirement ? Effect::clears : Effect::closes;
        case State::satisfied:
        case State::unreachable:
        case State::denied:
        case State::blocked:
        case State::unreadable:
        case State::ambiguous:
        case State::pending:
            return Effect::holds;
    }
    return Effect::holds;
}

}  // namespace

void Gate::judge(const Verdict& verdict, TimePoint now) {
    satisfied_ = verdict.state == State::satisfied;
    if (satisfied_) {
        forget();
        ready_ = true;
        return;
    }
    if (!ready_) return;
    if (verdict.saw_database && verdict.primary) standby_since_.reset();
    if (verdict.saw_database && !verdict.primary && !standby_since_) standby_since_ = now;

    const Effect effect = effect_of(verdict);
    if (effect == Effect::closes) {
        if (!doubt_since_) doubt_since_ = now;
        if (now - *doubt_since_ >= kSecondLookAfter) return close();
    } else {
        if (effect == Effect::clears) doubt_since_.reset();
        if (!hold_since_) hold_since_ = now;
    }
    advance(now);
}

void Gate::advance(TimePoint now) {
    if (const auto end = hold_ends_at(); end && now >= *end) close();
}

std::optional<TimePoint> Gate::second_look_at() const {
    if (!doubt_since_) return std::nullopt;
    return *doubt_since_ + kSecondLookAfter;
}

std::optional<TimePoint> Gate::hold_ends_at() const {
    if (!hold_since_ || !settings_.hold) return std::nullopt;
    return *hold_since_ + *settings_.hold;
}

bool Gate::primary_overdue(TimePoint now) const {
    return standby_since_ && now - *standby_since_ > settings_.standby_limit;
}

void Gate::close() {
    forget();
    ready_ = false;
}

void Gate::forget() {
    doubt_since_.reset();
    hold_since_.reset();
    standby_since_.reset();
}

}  // namespace schemalatch::gate
