#include "sidecar/look_once.h"

#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/left_behind.h"
#include "sidecar/watch.h"

namespace schemalatch {

namespace {

using Seen = std::shared_ptr<const DependencyStatus>;

constexpr std::chrono::seconds kPatience{1};  // with a look whose deadline is over

Seen look_and_judge(const Dependency& dependency) {
    const Event never;
    RealClock clock{never, never};
    Board board{std::make_shared<const DependencyStatus>()};
    Watcher watcher{{dependency.settings, dependency.requirement, make_probe(dependency)},
                    {clock, board, [](const Change&) {}}};
    watcher.turn();
    return board.read();
}

constexpr const char* kWithoutEnd = "the look did not end by its deadline; see what answers at this address";

Seen without_end(const Dependency& dependency) {
    const auto now = std::chrono::system_clock::now();
    auto status = Watcher::first_status(dependency.settings, dependency.requirement, now);
    status.state = gate::State::unreachable;
    status.reason = kWithoutEnd;
    status.looked_at = now;
    return std::make_shared<const DependencyStatus>(std::move(status));
}

// A look in a thread of its own. Whoever does not see its end leaves the thread behind.
template <typename Result>
class Looking {
public:
    Looking(model::Duration deadline, std::function<Result()> look) : latest_{now() + deadline + kPatience} {
        std::packaged_task<Result()> task{std::move(look)};
        result_ = task.get_future();
        thread_ = std::thread{std::move(task)};
    }
    ~Looking() {
        if (!thread_.joinable()) return;
        thread_.detach();
        leave_thread_behind();
    }
    Looking(const Looking&) = delete;
    Looking& operator=(const Looking&) = delete;

    // nullopt: it did not end.
    std::optional<Result> end() {
        if (result_.wait_until(latest_) != std::future_status::ready) return std::nullopt;
        thread_.join();
        return result_.get();
    }

private:
    static model::TimePoint now() { return std::chrono::steady_clock::now(); }

    model::TimePoint latest_;
    std::future<Result> result_;
    std::thread thread_;
};

}  // namespace

Status look_once(const std::vector<Dependency>& dependencies) {
    std::deque<Looking<Seen>> looks;  // a deque: they do not move
    for (const auto& it : dependencies) looks.emplace_back(it.settings.deadline, [it] { return look_and_judge(it); });
    Status status;
    for (std::size_t i = 0; i < looks.size(); ++i)
        status.dependencies.push_back(looks[i].end().value_or(without_end(dependencies[i])));
    return status;
}

model::Look look_at(const Outline& outline) {
    const auto deadline = outline.settings.deadline;
    Looking<model::Look> look{
        deadline, [=] { return make_probe(outline)->observe({std::chrono::steady_clock::now() + deadline}); }};
    if (auto seen = look.end()) return std::move(*seen);
    return tl::make_unexpected(model::ProbeFailure{model::FailureKind::unreachable, kWithoutEnd});
}

}  // namespace schemalatch
