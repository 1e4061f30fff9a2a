// A probe that answers as the test tells it to, and remembers how it was asked.
#pragma once

#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
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
    int listens = 0;  // how often it began to listen
    bool listening = false;
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

    // From now on it can be told when to look.
    ScriptedProbe& told_by_others(std::size_t companions = 0) {
        companions_ = companions;
        return *this;
    }

    // Somebody tells it then.
    void hint_at(model::TimePoint at) { add(at, What::hint); }

    // Nobody tells it any more from then on: what it keeps is closed by the other side.
    void close_at(model::TimePoint at) { add(at, What::close); }

    bool listen(const model::Deadline&) override {
        if (!companions_ || !use_.connected || use_.listening) return false;
        while (!told_.empty() && told_.begin()->first <= clock_.now()) told_.erase(told_.begin());
        use_.listening = true;
        ++use_.listens;
        tell_clock();
        return true;
    }

    int wake_fd() const override { return use_.listening ? kSomeFd : -1; }

    bool take_hint() override {
        bool hinted = false;
        while (use_.listening && !told_.empty() && told_.begin()->first <= clock_.now()) {
            hinted = hinted || told_.begin()->second == What::hint;
            if (told_.begin()->second == What::close) disconnect();
            told_.erase(told_.begin());
        }
        tell_clock();
        return hinted;
    }

    std::size_t companions() const override { return companions_.value_or(0); }

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
        use_.listening = false;
    }

private:
    enum class What { hint, close };
    static constexpr int kSomeFd = 1000;  // nobody reads it

    void add(model::TimePoint at, What what) {
        told_.emplace(at, what);
        tell_clock();
    }
    void tell_clock() { clock_.wake_at(told_.empty() ? std::nullopt : std::optional{told_.begin()->first}); }

    ProbeUse& use_;
    FakeClock& clock_;
    std::deque<model::Look> answers_;  // never empty
    model::Duration takes_{0};
    int connection_ = 0;
    std::optional<std::size_t> companions_;            // nullopt: nobody tells
    std::multimap<model::TimePoint, What> told_ = {};  // from then on, until it is taken
};

}  // namespace schemalatch::support
