#include "sidecar/commands/source.h"

#include <algorithm>

#include "sidecar/commands/addresses.h"
#include "sidecar/commands/configured.h"
#include "sidecar/commands/told_runs.h"
#include "sidecar/event.h"
#include "sidecar/http/via.h"
#include "sidecar/log.h"
#include "sidecar/look_once.h"
#include "sidecar/watchers.h"

namespace schemalatch::commands {

namespace {

using model::TimePoint;

constexpr model::Duration kLongestExchange{3000};  // with a sidecar, which answers from memory
constexpr model::Duration kAskEvery{1000};

TimePoint now() { return std::chrono::steady_clock::now(); }

// By --via, or the one that this configuration describes.
tl::expected<http::Address, ExitCode> sidecar_of(const Invocation& invocation) {
    if (!invocation.via->empty()) {
        auto named = http::parse_via(*invocation.via);
        if (named) return std::move(*named);
        throw UsageError{named.error()};
    }
    const auto config = configure_only(invocation.sources);
    if (!config) return tl::make_unexpected(ExitCode::config);
    const auto addresses = addresses_of(config->http);
    if (!addresses) return tl::make_unexpected(ExitCode::config);
    const auto address = http::loopback_of(addresses->back());
    if (address.port != 0) return address;
    throw UsageError{"--via: the configuration leaves the port open (0); name the sidecar, as --via 127.0.0.1:PORT"};
}

// Only the one that --dependency names, where it is given.
tl::expected<Status, std::string> chosen(Status status, const std::optional<std::string>& name) {
    if (!name) return status;
    auto& all = status.dependencies;
    std::string known;
    for (const auto& dependency : all) known += (known.empty() ? "" : ", ") + dependency->name;
    all.erase(std::remove_if(all.begin(), all.end(), [&](const auto& it) { return it->name != *name; }), all.end());
    if (!all.empty()) return status;
    return tl::make_unexpected("--dependency: the sidecar watches none of that name; it watches: " + known);
}

tl::expected<Status, ExitCode> ask_sidecar(const Invocation& invocation, Detail detail) {
    auto address = sidecar_of(invocation);
    if (!address) return tl::make_unexpected(address.error());
    http::Via via{std::move(*address)};
    const model::Deadline deadline{now() + kLongestExchange};
    auto answer = detail == Detail::all ? via.ask_whole(deadline) : via.ask(deadline);
    if (!answer) {
        log::error(answer.error());
        return tl::make_unexpected(ExitCode::unavailable);
    }
    auto status = chosen(std::move(*answer), invocation.sources.dependency);
    if (status) return std::move(*status);
    log::error(status.error());
    return tl::make_unexpected(ExitCode::config);
}

class OwnLooks final : public StatusSource {
public:
    explicit OwnLooks(std::vector<Watchable> dependencies)
        : watchers_{std::move(dependencies), [this](const Change&) { changed_.raise(); }} {}

    tl::expected<Status, std::string> newest(const model::Deadline&) override {
        changed_.take();
        return watchers_.status();
    }
    std::vector<int> fds() const override { return {changed_.fd(), watchers_.gave_up_fd()}; }
    TimePoint next() const override { return TimePoint::max(); }
    void look_now() override { watchers_.look_now(); }
    std::optional<ExitCode> gave_up() const override { return watchers_.gave_up(); }

private:
    Event changed_;
    Watchers watchers_;
};

class Asking final : public StatusSource {
public:
    Asking(http::Address sidecar, std::optional<std::string> dependency)
        : via_{std::move(sidecar)}, dependency_{std::move(dependency)} {}

    tl::expected<Status, std::string> newest(const model::Deadline& deadline) override {
        next_ = now() + kAskEvery;
        auto answer = via_.ask({std::min(deadline.at, now() + kLongestExchange), deadline.stop_fd});
        if (!answer) return tl::make_unexpected(answer.error());
        auto status = chosen(std::move(*answer), dependency_);
        if (status) told_runs_.date(*status, now());
        if (!status && !gave_up_) {
            log::error(status.error());
            gave_up_ = ExitCode::config;
        }
        return status;
    }
    std::vector<int> fds() const override { return {}; }
    TimePoint next() const override { return next_; }
    void look_now() override {}
    std::optional<ExitCode> gave_up() const override { return gave_up_; }

private:
    http::Via via_;
    std::optional<std::string> dependency_;
    ToldRuns told_runs_;
    TimePoint next_;
    std::optional<ExitCode> gave_up_;
};

}  // namespace

tl::expected<Status, ExitCode> current_status(const Invocation& invocation, Detail detail) {
    if (invocation.via) return ask_sidecar(invocation, detail);
    const auto configured = configure(invocation.sources);
    if (!configured) return tl::make_unexpected(ExitCode::config);
    const auto& all = configured->dependencies;
    return detail == Detail::all ? look_once_with_locks(all) : look_once(all);
}

tl::expected<std::unique_ptr<StatusSource>, ExitCode> make_source(const Invocation& invocation) {
    if (invocation.via) {
        auto sidecar = sidecar_of(invocation);
        if (!sidecar) return tl::make_unexpected(sidecar.error());
        return std::make_unique<Asking>(std::move(*sidecar), invocation.sources.dependency);
    }
    auto configured = configure_patiently(invocation.sources);
    if (!configured) return tl::make_unexpected(ExitCode::config);
    return std::make_unique<OwnLooks>(std::move(configured->dependencies));
}

}  // namespace schemalatch::commands
