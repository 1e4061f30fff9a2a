#include "sidecar/requirement_wait.h"

#include <fmt/format.h>

#include <algorithm>

#include "sidecar/watch.h"

namespace schemalatch {

namespace {

constexpr int kNoWakeFd = -1;

std::string text_of(model::Duration time) {
    constexpr model::Duration::rep kSecond = 1000;
    return time.count() % kSecond == 0 ? fmt::format("{} s", time.count() / kSecond)
                                       : fmt::format("{} ms", time.count());
}

std::string reason_of(const Outline& outline, const std::string& problem) {
    return fmt::format("waits up to {} (require_wait) for what it needs: {}", text_of(outline.settings.require_wait),
                       problem);
}

}  // namespace

DependencyStatus status_without_requirement(const Outline& outline, SystemTime now) {
    DependencyStatus status;
    status.name = outline.settings.name;
    if (outline.tool != nullptr) status.tool = outline.tool->name();
    status.enforced = outline.settings.enforce;
    status.requirement_source = outline.settings.require;
    status.since = now;
    return status;
}

tl::expected<std::optional<Dependency>, config::Problems> await_requirement(const Outline& outline, Clock& clock,
                                                                            Board& board) {
    const auto& settings = outline.settings;
    const auto end = clock.now() + settings.require_wait;
    auto status = status_without_requirement(outline, clock.system_now());
    for (;;) {
        auto completed = complete(outline);
        if (completed) return std::optional{std::move(*completed)};
        if (clock.now() >= end) {
            completed.error().push_back(fmt::format("dependency \"{}\": require_wait: {} are over", settings.name,
                                                    text_of(settings.require_wait)));
            return tl::make_unexpected(std::move(completed.error()));
        }
        status.reason = reason_of(outline, completed.error().front());
        board.publish(std::make_shared<const DependencyStatus>(status));
        const auto next = std::min(end, clock.now() + settings.pace.interval);
        board.expect_turn_by(next + kDeadlinesUntilStalled * settings.deadline);
        if (!clock.wait_until(next, kNoWakeFd)) return std::nullopt;
        clock.take_request();  // it is looked for now, asked or not
    }
}

}  // namespace schemalatch
