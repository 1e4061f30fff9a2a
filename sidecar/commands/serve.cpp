#include <fmt/format.h>

#include <cstdlib>
#include <deque>
#include <random>
#include <thread>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"
#include "sidecar/http/front.h"
#include "sidecar/http/listen_address.h"
#include "sidecar/http/router.h"
#include "sidecar/http/routes.h"
#include "sidecar/termination.h"
#include "sidecar/version.h"
#include "sidecar/watch.h"

namespace schemalatch::commands {

namespace {

void log_change(const Change& change) {
    const std::string gate = change.held       ? "held ready"
                             : change.ready    ? "ready"
                             : change.enforced ? "unready"
                                               : "unready but not enforced, /readyz does not wait for it";
    const std::string line =
        fmt::format("{}: {} -> {} after {} s, {}: {}", change.dependency, gate::to_string(change.from),
                    gate::to_string(change.to), change.after.count(), gate, change.reason);
    change.ready && !change.held ? log::info(line) : log::warn(line);
}

// A watcher thread and its board for each dependency. Threads end when `stop` is raised.
class WatcherThreads {
public:
    WatcherThreads(const std::vector<Dependency>& dependencies, StopSignal& stop) : stop_{stop}, clock_{stop} {
        for (const auto& dependency : dependencies) start(dependency);
    }
    ~WatcherThreads() { stop_.raise(); }  // before the threads are joined
    WatcherThreads(const WatcherThreads&) = delete;
    WatcherThreads& operator=(const WatcherThreads&) = delete;

    Status status(bool detail) const {
        Status status;
        status.detail = detail;
        for (const auto& board : boards_) {
            status.dependencies.push_back(board.read());
            if (board.stalled(clock_.now())) status.stalled.push_back(status.dependencies.back()->name);
        }
        return status;
    }

private:
    void start(const Dependency& dependency) {
        auto first = Watcher::first_status(dependency.settings, dependency.requirement, clock_.system_now());
        auto& board = boards_.emplace_back(std::make_shared<const DependencyStatus>(std::move(first)));
        threads_.emplace_back([this, dependency, &board] { watch(dependency, board); });
    }

    // A watcher that ended would leave its gate as it was for ever: better the whole process ends, and is started anew.
    void watch(const Dependency& dependency, Board& board) {
        try {
            Watcher watcher{{dependency.settings, dependency.requirement, make_probe(dependency)},
                            {clock_, board, log_change, std::random_device{}()}};
            watcher.run();
        } catch (const std::exception& error) {
            log::error(fmt::format("internal error: the watcher of {} ended: {}; please report it",
                                   dependency.settings.name, error.what()));
            std::_Exit(static_cast<int>(ExitCode::internal));
        }
    }

    StopSignal& stop_;
    RealClock clock_;
    std::deque<Board> boards_;           // a deque: watchers hold references
    std::vector<std::jthread> threads_;  // joined first
};

}  // namespace

ExitCode serve(const Invocation& invocation) {
    const Termination termination;
    const auto configured = configure(invocation.sources);
    if (!configured) return ExitCode::config;
    const auto address = http::parse_address(configured->http.listen);
    if (!address) {
        log::error("listen: " + address.error());
        return ExitCode::config;
    }
    auto front = http::Front::listen({*address});
    if (!front) {
        log::error(front.error());
        return ExitCode::unavailable;
    }
    log::info(fmt::format("schemalatch {} answers on {}", kVersion, front->where(0)));
    StopSignal stop;
    const WatcherThreads watchers{configured->dependencies, stop};
    http::Router router{[&](const http::Request& request, const http::RequestCounts& counts) {
        return http::respond(request, watchers.status(configured->http.detail), counts);
    }};
    front->run([&](std::size_t, std::string_view head) { return router.answer(head); },
               {{termination.fd(), [] { return true; }}});
    log::info("stopping");
    return ExitCode::ready;
}

}  // namespace schemalatch::commands
