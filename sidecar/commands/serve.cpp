#include <fmt/format.h>

#include <csignal>

#include "sidecar/commands/addresses.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"
#include "sidecar/http/front.h"
#include "sidecar/http/router.h"
#include "sidecar/http/routes.h"
#include "sidecar/http/version_json.h"
#include "sidecar/log.h"
#include "sidecar/signals.h"
#include "sidecar/version.h"
#include "sidecar/watchers.h"

namespace schemalatch::commands {

namespace {

std::string_view word_for_gate(const Change& change) {
    if (change.held) return "held ready";
    if (change.ready) return "ready";
    return change.enforced ? "unready" : "unready but not enforced, /readyz does not wait for it";
}

void log_change(const Change& change) {
    const auto state = gate::to_string(change.to);
    const std::string move = change.from == change.to ? fmt::format("still {}", state)
                                                      : fmt::format("{} -> {}", gate::to_string(change.from), state);
    const std::string line = fmt::format("{}: {} after {} s, {}: {}", change.dependency, move, change.after.count(),
                                         word_for_gate(change), change.reason);
    change.ready && !change.held ? log::info(line) : log::warn(line);
}

// True: the process should end.
bool heed_signal(const Signals& signals, const Watchers& watchers) {
    const int signal = signals.take();
    if (signal != SIGHUP) return signal != 0;
    log::info("SIGHUP: looking now, with the secrets as the files hold them");
    watchers.look_now();
    return false;
}

}  // namespace

ExitCode serve(const Invocation& invocation) {
    const Signals signals;
    const auto configured = configure_patiently(invocation.sources);
    if (!configured) return ExitCode::config;
    const auto addresses = addresses_of(configured->http);
    if (!addresses) return ExitCode::config;
    auto front = http::Front::listen(*addresses);
    if (!front) {
        log::error(front.error());
        return ExitCode::unavailable;
    }
    log::info(fmt::format("schemalatch {} answers on {}", kVersion, front->where(0)));
    if (addresses->size() > 1) log::info("details are told on " + front->where(1));
    const Watchers watchers{configured->dependencies, log_change, http::long_dependency_json};
    http::Router router{[&](const http::Request& request, const http::RequestCounts& counts) {
        auto status = watchers.status();
        status.detail = configured->http.detail;
        return http::respond(request, status, counts);
    }};
    const auto answer = [&](std::size_t listener, std::string_view head) {
        const bool for_probes_only = listener == 0 && addresses->size() > 1;
        return router.answer(head, for_probes_only ? http::Paths::probes : http::Paths::all);
    };
    front->run(answer, {{signals.fd(), [&] { return heed_signal(signals, watchers); }},
                        {watchers.gave_up_fd(), [] { return true; }}});
    log::info("stopping");
    return watchers.gave_up().value_or(ExitCode::ready);
}

}  // namespace schemalatch::commands
