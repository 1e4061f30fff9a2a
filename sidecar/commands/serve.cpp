#include <fmt/format.h>

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
    const std::string line = fmt::format("{}: {} -> {} after {} s, {}: {}", change.dependency, gate::to_string(change.from),
                                         gate::to_string(change.to), change.after.count(), gate, change.reason);
    change.ready && !change.held ? log::info(line) : log::warn(line);
}

// All that is being watched: a board and a thread for each dependency. Threads end when `stop` is raised.
class Watch {
public:
    Watch(const std::vector<Dependency>& dependencies, StopSignal& stop) : stop_{stop}, clock_{stop} {
        for (const auto& dependency : dependencies) start(dependency);
    }
    ~Watch() { stop_.raise(); }  // before the threads are joined
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

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
        threads_.emplace_back([this, dependency, &board] {
            Watcher{dependency.settings, dependency.requirement, make_probe(dependency), clock_, board, log_change, std::random_device{}()}.run();
        });
    }

    StopSignal& stop_;
    RealClock clock_;
    std::deque<Board> boards_;            // a deque: watchers hold references
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
    auto front = http::Front::listen(*address);
    if (!front) {
        log::error(front.error());
        return ExitCode::unavailable;
    }
    log::info(fmt::format("schemalatch {} answers on {}", kVersion, front->where()));
    StopSignal stop;
    const Watch watch{configured->dependencies, stop};
    const http::Router* counted = nullptr;
    http::Router router{[&](const http::Request& request) {
        return http::respond(request, watch.status(configured->http.detail), counted->counts());
    }};
    counted = &router;
    front->run([&](std::string_view head) { return router.answer(head); }, termination.fd());
    log::info("stopping");
    return ExitCode::ready;
}

}  // namespace schemalatch::commands
