#include "sidecar/upgrade/upgrading.h"

#include <algorithm>
#include <csignal>

#include "sidecar/gate/verdict.h"
#include "sidecar/log.h"

namespace schemalatch::upgrade {

namespace {

using model::Duration;
using model::FailureKind;
using model::TimePoint;

constexpr Duration kConnectDeadline{5000};
constexpr Duration kRefusedLimit{30'000};  // a role or password may be on its way; not for long
constexpr Duration kTellEvery{30'000};

// What waiting may cure while nothing is known of the database yet.
bool may_pass(FailureKind kind) {
    return kind == FailureKind::unreachable || kind == FailureKind::denied || kind == FailureKind::blocked;
}

}  // namespace

void Teller::tell(const std::string& text) {
    if (text == told_ && pace_.now() < again_at_) return;
    log::info(name_ + ": " + text);
    told_ = text;
    again_at_ = pace_.now() + kTellEvery;
}

int Upgrading::told_to_stop() {
    const int signal = pace.take_signal();
    return signal == SIGHUP ? 0 : signal;
}

std::optional<Result> connect(Upgrading& it, const std::string& phase) {
    const auto end = it.pace.now() + it.task.options.connect_timeout;
    std::optional<TimePoint> refused_since;
    for (;;) {
        const auto opened = it.session.open(it.unless_told(kConnectDeadline));
        if (opened) return std::nullopt;
        if (const int signal = it.told_to_stop()) return told_to_stop_before(phase, signal);
        const auto& failure = opened.error();
        if (failure.kind != FailureKind::denied) refused_since.reset();
        if (failure.kind == FailureKind::denied && !refused_since) refused_since = it.pace.now();
        const auto limit = refused_since ? std::min(end, *refused_since + kRefusedLimit) : end;
        if (it.pace.now() >= limit || !may_pass(failure.kind)) return Result{exit_code_of(failure), failure.detail};
        it.teller.tell("waiting for the database: " + failure.detail);
        it.pace.sleep_until(std::min(limit, it.pace.now() + kBetweenConnects), -1);
        if (const int signal = it.told_to_stop()) return told_to_stop_before(phase, signal);
    }
}

void grant_readers(Upgrading& it) {
    const auto granted = it.session.grant(it.task.readers, it.soon());
    if (granted) return;
    log::warn(it.task.name + ": the readers were not granted all that they need: " + granted.error().detail);
}

std::optional<Result> pause(Upgrading& it, TimePoint until) {
    it.pace.sleep_until(until, -1);
    if (const int signal = it.told_to_stop()) return told_to_stop_before(kBeforeTheCommand, signal);
    return std::nullopt;
}

Result told_to_stop_before(const std::string& phase, int signal) {
    return {exit_code_of_signal(signal), "told to stop before " + phase};
}

ExitCode exit_code_of(const model::ProbeFailure& failure) {
    return schemalatch::exit_code_of(gate::state_of(failure.kind));
}

std::string seconds_of(Duration time) {
    using std::chrono::seconds;
    if (time < seconds{1}) return std::to_string(time.count()) + " ms";
    return std::to_string(std::chrono::duration_cast<seconds>(time).count()) + " s";
}

}  // namespace schemalatch::upgrade
