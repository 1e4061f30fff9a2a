#include "sidecar/watchers.h"

#include <fmt/format.h>

#include <exception>
#include <random>

#include "sidecar/log.h"
#include "sidecar/requirement_wait.h"

namespace schemalatch {

namespace {

struct FirstStatus {
    SystemTime now;

    DependencyStatus operator()(const Dependency& dependency) const {
        return Watcher::first_status(dependency.settings, dependency.requirement, now);
    }
    DependencyStatus operator()(const Outline& outline) const { return status_without_requirement(outline, now); }
};

const config::DependencySettings& settings_of(const Watchable& watchable) {
    return std::visit([](const auto& it) -> const config::DependencySettings& { return it.settings; }, watchable);
}

}  // namespace

Watchers::Watchers(std::vector<Watchable> dependencies, std::function<void(const Change&)> report)
    : report_{std::move(report)} {
    try {
        for (auto& dependency : dependencies) start(std::move(dependency));
    } catch (...) {
        stop_.raise();  // for the threads that did start: they are joined before this constructor is left
        throw;
    }
}

Watchers::~Watchers() { stop_.raise(); }  // before the threads are joined

Status Watchers::status() const {
    Status status;
    for (const auto& seat : seats_) {
        status.dependencies.push_back(seat.board.read());
        if (seat.board.stalled(seat.clock.now())) status.stalled.push_back(status.dependencies.back()->name);
    }
    return status;
}

void Watchers::look_now() const {
    for (const auto& seat : seats_) seat.request.raise();
}

std::optional<ExitCode> Watchers::gave_up() const {
    const int code = code_.load();
    return code == 0 ? std::nullopt : std::optional{static_cast<ExitCode>(code)};
}

void Watchers::start(Watchable dependency) {
    auto& seat = seats_.emplace_back(stop_, std::visit(FirstStatus{std::chrono::system_clock::now()}, dependency));
    threads_.emplace_back([this, dependency = std::move(dependency), &seat] { watch(dependency, seat); });
}

void Watchers::watch(const Watchable& watchable, Seat& seat) {
    try {
        follow(watchable, seat);
    } catch (const std::exception& error) {
        log::error(fmt::format("internal error: the watcher of {} ended: {}; please report it",
                               settings_of(watchable).name, error.what()));
        give_up(ExitCode::internal);
    }
}

void Watchers::follow(const Watchable& watchable, Seat& seat) {
    const auto dependency = complete_in_time(watchable, seat);
    if (!dependency) return;
    Watcher watcher{{dependency->settings, dependency->requirement, make_probe(*dependency)},
                    {seat.clock, seat.board, report_, std::random_device{}()}};
    watcher.run();
}

// nullopt: the process ends, or should.
std::optional<Dependency> Watchers::complete_in_time(const Watchable& watchable, Seat& seat) {
    if (const auto* complete = std::get_if<Dependency>(&watchable)) return *complete;
    auto awaited = await_requirement(std::get<Outline>(watchable), seat.clock, seat.board);
    if (!awaited) {
        for (const auto& problem : awaited.error()) log::error(problem);
        give_up(ExitCode::config);
        return std::nullopt;
    }
    if (*awaited) {
        for (const auto& caution : cautions(**awaited)) log::warn(caution);
    }
    return std::move(*awaited);
}

void Watchers::give_up(ExitCode code) {
    code_.store(static_cast<int>(code));
    gave_up_.raise();
}

}  // namespace schemalatch
