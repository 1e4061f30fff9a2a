// A probe that answers as the test tells it to, and remembers how it was asked.
#pragma once

#include <deque>
#include <initializer_list>
#include <utility>
#include <vector>

#include "probes/model/probe.h"
#include "tests/support/fake_clock.h"
#include "tests/support/requirements.h"

namespace schemalatch::support {

inline model::Look timed_out() {
    return could_not_look(model::FailureKind::unreachable, "no answer before the deadline (connecting)");
}

// The process was told to stop meanwhile.
inline model::Look interrupted() {
    auto look = timed_out();
    look.error().interrupted = true;
    return look;
}

// How a probe was used. Outlives the probe, which its watcher owns.
struct ProbeUse {
    std::vector<model::TimePoint> looks;     // when each began
    std::vector<model::Deadline> deadlines;  // of each look
    std::vector<int> connections;            // on which each ran, counted from 1
    int disconnects = 0;                     // of a connection that was there
    bool connected = false;
};

// ScriptedProbe{use, clock, {at({"41"}), timed_out(), at({"42"})}}: one answer a look, the last one for ever.
class ScriptedProbe final : public model::Probe {
public:
    ScriptedProbe(ProbeUse& use, FakeClock& clock, std::initializer_list<model::Look> answers)
        : use_{use}, clock_{clock}, answers_{answers} {}

    // Every look from now on lasts that long.
    ScriptedProbe& taking(model::Duration time) {
        takes_ = time;
        return *this;
    }

    model::Look observe(const model::Deadline& deadline) override {
        if (!std::exchange(use_.connected, true)) ++connection_;
        use_.looks.push_back(clock_.now());
        use_.deadlines.push_back(deadline);
        use_.connections.push_back(connection_);
        clock_.advance(takes_);
        auto answer = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
        return answer;
    }

    void disconnect() override {
        if (std::exchange(use_.connected, false)) ++use_.disconnects;
    }

private:
    ProbeUse& use_;
    FakeClock& clock_;
    std::deque<model::Look> answers_;  // never empty
    model::Duration takes_{0};
    int connection_ = 0;
};

}  // namespace schemalatch::support
