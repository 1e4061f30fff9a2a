#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>

#include "sidecar/commands/commands.h"
#include "sidecar/commands/failed_runs.h"
#include "sidecar/commands/outcome.h"
#include "sidecar/commands/source.h"
#include "sidecar/log.h"
#include "sidecar/signals.h"

namespace schemalatch::commands {

namespace {

using model::TimePoint;

constexpr std::chrono::seconds kTellEvery{30};

TimePoint now() { return std::chrono::steady_clock::now(); }

bool is_over(const Status& status) {
    return std::all_of(status.dependencies.begin(), status.dependencies.end(), [](const auto& dependency) {
        return !dependency->holds_back() && (dependency->ready || dependency->state != gate::State::pending);
    });
}

// Of what is still waited for.
std::string waited_for(const Status& status) {
    std::string text;
    for (const auto& dependency : status.dependencies) {
        if (!dependency->ready) text += (text.empty() ? "" : "; ") + line_of(*dependency);
    }
    return text;
}

// Until something may have changed, a signal came, or that time.
void sleep_until(TimePoint at, const std::vector<int>& fds) {
    std::vector<pollfd> events;
    events.reserve(fds.size());
    for (const int fd : fds) events.push_back({fd, POLLIN, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now()).count();
    poll(events.data(), events.size(), static_cast<int>(std::clamp<decltype(left)>(left, 0, 60'000)));
}

// Waits, and tells how it goes: each change, and from time to time that there is none.
class Waiting {
public:
    Waiting(StatusSource& source, const Signals& signals, const Invocation& invocation)
        : source_{source},
          signals_{signals},
          end_{invocation.timeout ? start_ + *invocation.timeout : TimePoint::max()},
          failures_{start_, invocation.failures} {}

    ExitCode run() {
        for (;;) {
            const auto newest = source_.newest({end_, signals_.fd()});
            if (const int signal = take_signal(); signal != 0) return exit_code_of_signal(signal);
            if (newest && is_over(*newest)) return tell_end(*newest);
            if (const auto code = heed_failures(newest)) return *code;
            if (const auto code = source_.gave_up()) return *code;
            const std::string state = newest ? waited_for(*newest) : newest.error();
            // An answer that the end cut short tells less than the one before it.
            if (now() >= end_) return tell_timeout(newest || told_.empty() ? state : told_);
            tell_progress(state);
            sleep_until(std::min({end_, tell_at_, source_.next()}), fds());
        }
    }

private:
    // 0: go on.
    int take_signal() {
        const int signal = signals_.take();
        if (signal != SIGHUP) return signal;
        source_.look_now();
        return 0;
    }

    std::vector<int> fds() const {
        auto all = source_.fds();
        all.push_back(signals_.fd());
        return all;
    }

    std::chrono::seconds waited() const { return std::chrono::duration_cast<std::chrono::seconds>(now() - start_); }

    static ExitCode tell_end(const Status& status) {
        std::fputs(lines_of(status).c_str(), stdout);
        return ExitCode::ready;
    }

    ExitCode tell_timeout(const std::string& state) const {
        log::error(fmt::format("not ready after {} s: {}", waited().count(), state));
        return ExitCode::timeout;
    }

    // Set where an upgrade that should have brought what is waited for has failed.
    std::optional<ExitCode> heed_failures(const tl::expected<Status, std::string>& newest) {
        if (!newest) return std::nullopt;
        const auto ending = failures_.take(*newest);
        for (const auto& line : failures_.take_older()) log::info(line);
        if (!ending) return std::nullopt;
        log::error(ending->text);
        return ending->code;
    }

    void tell_progress(const std::string& state) {
        if (state == told_ && now() < tell_at_) return;
        log::info(state == told_ ? fmt::format("still waiting after {} s: {}", waited().count(), state)
                                 : "waiting: " + state);
        told_ = state;
        tell_at_ = now() + kTellEvery;
    }

    StatusSource& source_;
    const Signals& signals_;
    TimePoint start_ = now();
    TimePoint end_;
    FailedRuns failures_;
    std::string told_;
    TimePoint tell_at_ = start_;
};

}  // namespace

ExitCode wait(const Invocation& invocation) {
    const Signals signals;
    const auto source = make_source(invocation);
    if (!source) return source.error();
    return Waiting{**source, signals, invocation}.run();
}

}  // namespace schemalatch::commands
