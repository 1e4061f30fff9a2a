#include "sidecar/look_once.h"

#include <deque>
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

Seen without_end(const Dependency& dependency) {
    const auto now = std::chrono::system_clock::now();
    auto status = Watcher::first_status(dependency.settings, dependency.requirement, now);
    status.state = gate::State::unreachable;
    status.reason = "the look did not end by its deadline; see what answers at this address";
    status.looked_at = now;
    return std::make_shared<const DependencyStatus>(std::move(status));
}

// A look in a thread of its own. Whoever does not see its end leaves the thread behind.
class Looking {
public:
    explicit Looking(const Dependency& dependency) : dependency_{dependency} {
        std::packaged_task<Seen()> look{[dependency] { return look_at(dependency); }};
        seen_ = look.get_future();
        thread_ = std::thread{std::move(look)};
    }
    ~Looking() {
        if (!thread_.joinable()) return;
        thread_.detach();
        leave_thread_behind();
    }
    Looking(const Looking&) = delete;
    Looking& operator=(const Looking&) = delete;

    Seen end() {
        const auto latest = started_ + dependency_.settings.deadline + kPatience;
        if (seen_.wait_until(latest) != std::future_status::ready) return without_end(dependency_);
        thread_.join();
        return seen_.get();
    }

private:
    const Dependency& dependency_;
    model::TimePoint started_ = std::chrono::steady_clock::now();
    std::future<Seen> seen_;
    std::thread thread_;
};

}  // namespace

Status look_once(const std::vector<Dependency>& dependencies) {
    std::deque<Looking> looks;  // a deque: they do not move
    for (const auto& dependency : dependencies) looks.emplace_back(dependency);
    Status status;
    for (auto& look : looks) status.dependencies.push_back(look.end());
    return status;
}

}  // namespace schemalatch
