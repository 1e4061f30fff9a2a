#include "sidecar/look_once.h"

#include <future>
#include <thread>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/left_behind.h"
#include "sidecar/watch.h"

namespace schemalatch {

namespace {

using Seen = std::shared_ptr<const DependencyStatus>;

constexpr std::chrono::seconds kPatience{1};  // with a look whose deadline is over

Seen look_at(const Dependency& dependency) {
    const Event never;
    RealClock clock{never, never};
    Board board{std::make_shared<const DependencyStatus>()};
    Watcher watcher{{dependency.settings, dependency.requirement, make_probe(dependency)},
                    {clock, board, [](const Change&) {}}};
    watcher.turn();
    return board.read();
}

std::future<Seen> begin_look(const Dependency& dependency) {
    std::packaged_task<Seen()> look{[dependency] { return look_at(dependency); }};
    auto seen = look.get_future();
    std::thread{std::move(look)}.detach();
    return seen;
}

Seen without_end(const Dependency& dependency) {
    const auto now = std::chrono::system_clock::now();
    auto status = Watcher::first_status(dependency.settings, dependency.requirement, now);
    status.state = gate::State::unreachable;
    status.reason = "the look did not end by its deadline; see what answers at this address";
    status.looked_at = now;
    return std::make_shared<const DependencyStatus>(std::move(status));
}

Seen end_look(std::future<Seen>& look, model::TimePoint started, const Dependency& dependency) {
    const auto latest = started + dependency.settings.deadline + kPatience;
    if (look.wait_until(latest) == std::future_status::ready) return look.get();
    leave_thread_behind();
    return without_end(dependency);
}

}  // namespace

Status look_once(const std::vector<Dependency>& dependencies) {
    const auto started = std::chrono::steady_clock::now();
    std::vector<std::future<Seen>> looks;
    looks.reserve(dependencies.size());
    for (const auto& dependency : dependencies) looks.push_back(begin_look(dependency));
    Status status;
    for (std::size_t i = 0; i < looks.size(); ++i)
        status.dependencies.push_back(end_look(looks[i], started, dependencies[i]));
    return status;
}

}  // namespace schemalatch
