// Named statuses, as watchers publish them, for the tests of what HTTP shows of them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/status.h"

namespace schemalatch::support {

inline constexpr SystemTime kEvening{std::chrono::seconds{1'795'294'260}};  // 2026-11-21T20:51:00Z

// Not looked yet.
inline DependencyStatus pending(std::string name = "orders") {
    DependencyStatus status;
    status.name = std::move(name);
    status.tool = "alembic";
    status.requirement_source = "@/schema/required.json";
    status.requirement_digest = "sha256:test";
    status.required = {"ae1027a6acf"};
    status.since = kEvening;
    return status;
}

// A look two minutes and seven seconds later saw the database.
inline DependencyStatus seen(std::string name, gate::State state, std::string reason, Sight sight) {
    auto status = pending(std::move(name));
    sight.at = kEvening + std::chrono::seconds{127};
    status.state = state;
    status.reason = std::move(reason);
    status.looked_at = sight.at;
    status.sight = std::make_shared<const Sight>(std::move(sight));
    return status;
}

inline DependencyStatus behind(std::string name = "orders") {
    return seen(
        std::move(name), gate::State::behind,
        "at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade",
        {.current = {"1975ea83b712"}, .missing = {"cc7a1b", "ae1027a6acf"}, .failed = {}, .primary = true, .at = {}});
}

inline DependencyStatus ready(std::string name = "orders") {
    auto status = seen(std::move(name), gate::State::satisfied, "at ae1027a6acf, needs ae1027a6acf",
                       {.current = {"ae1027a6acf"}, .missing = {}, .failed = {}, .primary = true, .at = {}});
    status.ready = true;
    status.last_satisfied_at = status.looked_at;
    return status;
}

// Was ready; the newest look, ten seconds after the one that saw the database, could not ask.
inline DependencyStatus held(std::string name = "orders") {
    auto status = ready(std::move(name));
    status.state = gate::State::unreachable;
    status.reason = "db:5432: no answer before the deadline (connecting)";
    status.held = true;
    status.looked_at = *status.looked_at + std::chrono::seconds{10};
    status.since = *status.looked_at;
    return status;
}

// With a run that failed, one that goes on, and a journal that tells of both.
inline DependencyStatus with_runs(DependencyStatus status) {
    KnownRun failed;
    failed.run.id = "run-1";
    failed.run.outcome = model::Outcome::failed;
    failed.run.by = "orders-upgrade-1";
    failed.run.started_at = "2026-11-21T20:40:00Z";
    failed.run.ended_at = "2026-11-21T20:41:00Z";
    failed.run.exit_code = 3;
    KnownRun running;
    running.run.id = "run-2";
    running.run.by = "orders-upgrade-2";
    running.run.started_at = "2026-11-21T20:52:00Z";
    running.towards = true;
    status.journal = model::JournalState::present;
    status.runs = {std::move(running), std::move(failed)};
    return status;
}

inline DependencyStatus not_enforced(DependencyStatus status) {
    status.enforced = false;
    return status;
}

inline Status status_of(std::vector<DependencyStatus> dependencies) {
    Status status;
    for (auto& dependency : dependencies)
        status.dependencies.push_back(std::make_shared<const DependencyStatus>(std::move(dependency)));
    return status;
}

// Ids that break whoever forgets to escape them.
inline const std::vector<std::string>& hostile_ids() {
    static const std::vector<std::string> kIds{
        "\"",
        "\\",
        "\"}],\"ready\":true,\"x\":[{\"",
        "a\nb",
        "a\r\nX-Injected: 1\r\n\r\n",
        "\x1B[31m\x07\x7F",
        std::string{"a\0b", 3},
        "\xFF\xFE",
        "caf\xC3",
        "\xED\xA0\x80",
        "caf\xC3\xA9 \xF0\x9F\x90\x98",
        "\xE2\x80\xA8\xE2\x80\xAE",
        "<script>alert(1)</script>",
        "</dl><img src=x onerror=alert(1)>",
        "&amp;'\"<>",
        "} 1\nschemalatch_ready 1\n",
        "{{table}} {0} %s %n",
        "",
        std::string(100'000, 'x'),
    };
    return kIds;
}

}  // namespace schemalatch::support
