#include "sidecar/look_once.h"

#include <future>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/watch.h"

namespace schemalatch {

namespace {

std::shared_ptr<const DependencyStatus> look_at(const Dependency& dependency) {
    const Event never;
    RealClock clock{never, never};
    Board board{std::make_shared<const DependencyStatus>()};
    Watcher watcher{{dependency.settings, dependency.requirement, make_probe(dependency)},
                    {clock, board, [](const Change&) {}}};
    watcher.turn();
    return board.read();
}

}  // namespace

Status look_once(const std::vector<Dependency>& dependencies) {
    std::vector<std::future<std::shared_ptr<const DependencyStatus>>> looks;
    looks.reserve(dependencies.size());
    for (const auto& dependency : dependencies)
        looks.push_back(std::async(std::launch::async, look_at, std::cref(dependency)));
    Status status;
    for (auto& look : looks) status.dependencies.push_back(look.get());
    return status;
}

}  // namespace schemalatch
