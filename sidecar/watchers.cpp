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

const config::DependencySettings& settings_of(const Candidate& candidate) {
    return std::visit([](const auto& it) -> const config::DependencySettings& { return it.settings; }, candidate);
}

}  // namespace

Watchers::Watchers(std::vector<Candidate> dependencies, std::function<void(const Change&)> report)
    : report_{std::move(report)} {
    const FirstStatus first{std::chrono::system_clock::now()};
    for (auto& dependency : dependencies) {
        auto& seat = seats_.emplace_back(stop_, std::visit(first, dependency));
        threads_.emplace_back([this, dependency = std::move(dependency), &seat] { watch(dependency, seat); });
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

void Watchers::watch(const Candidate& candidate, Seat& seat) {
    try {
        follow(candidate, seat);
    } catch (const std::exception& error) {
        log::error(fmt::format("internal error: the watcher of {} ended: {}; please report it",
                               settings_of(candidate).name, error.what()));
        give_up(ExitCode::internal);
    }
}

void Watchers::follow(const Candidate& candidate, Seat& seat) {
    const auto dependency = complete_in_time(candidate, seat);
    if (!dependency) return;
    Watcher watcher{{dependency->settings, dependency->requirement, make_probe(*dependency)},
                    {seat.clock, seat.board, report_, std::random_device{}()}};
    watcher.run();
}

// nullopt: the process ends, or should.
std::optional<Dependency> Watchers::complete_in_time(const Candidate& candidate, Seat& seat) {
    if (const auto* complete = std::get_if<Dependency>(&candidate)) return *complete;
    auto awaited = await_requirement(std::get<Outline>(candidate), seat.clock, seat.board);
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
