#include "sidecar/upgrade/locking.h"

#include <algorithm>

namespace schemalatch::upgrade {

namespace {

using model::FailureKind;

constexpr model::Duration kSecondSessionDeadline{5000};

Result cannot_lock(const Upgrading& it, const model::ProbeFailure& why) {
    return {ExitCode::config, "the server cannot lock: " + why.detail + "; " + it.session.lock_remedy()};
}

Result still_held(const Upgrading& it, const std::string& holder) {
    return {ExitCode::locked,
            "the lock is still held after " + seconds_of(it.task.options.wait_lock) + ", by " + holder};
}

}  // namespace

std::optional<Result> refuse_void_lock(Upgrading& it) {
    const auto end = it.pace.now() + it.task.options.connect_timeout;
    for (;;) {
        const auto why = it.session.why_lock_is_void(it.unless_told(kSecondSessionDeadline));
        if (const int signal = it.told_to_stop()) return told_to_stop_before(kBeforeTheCommand, signal);
        if (why && why->empty()) return std::nullopt;
        if (why)
            return Result{ExitCode::config, "a lock taken through this URL would keep nobody out (" + *why + "); " +
                                                it.session.lock_remedy()};
        if (it.pace.now() >= end) return Result{exit_code_of(why.error()), why.error().detail};
        if (why.error().kind == FailureKind::unreadable) return cannot_lock(it, why.error());
        it.teller.tell("waiting for a second session, to try what a lock is worth: " + why.error().detail);
        if (auto stopped = pause(it, it.pace.now() + kBetweenConnects)) return stopped;
        if (auto failed = connect(it, kBeforeTheCommand)) return failed;
    }
}

// By asking again and again: a session that blocks for a lock holds up CREATE INDEX CONCURRENTLY of who has it.
std::optional<Result> take_lock(Upgrading& it, Taken& taken) {
    const auto end = it.pace.now() + it.task.options.wait_lock;
    for (;;) {
        const auto tried = it.session.try_lock(it.soon());
        if (tried && *tried) break;
        if (!tried && tried.error().kind != FailureKind::unreachable) return cannot_lock(it, tried.error());
        if (!tried) {
            if (auto failed = connect(it, kBeforeTheCommand)) return failed;
            continue;
        }
        taken.was_held = true;
        const auto holder = it.session.holder(it.soon());
        if (it.pace.now() >= end) return still_held(it, holder);
        it.teller.tell("waiting for the lock, held by " + holder);
        if (auto stopped = pause(it, std::min(end, it.pace.now() + kBetweenTries))) return stopped;
    }
    taken.at = it.pace.now();
    it.command.hold(it.session.lock_fd());
    return std::nullopt;
}

}  // namespace schemalatch::upgrade
