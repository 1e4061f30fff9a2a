#include "sidecar/look_once.h"

#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/left_behind.h"
#include "sidecar/lock_look.h"
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

model::LockLook lock_without_end() {
    return tl::make_unexpected(
        model::ProbeFailure{model::FailureKind::unreachable, "there was no answer by the deadline"});
}

// A look in a thread of its own. Whoever does not see its end leaves the thread behind.
template <typename Result>
class Looking {
public:
    Looking(model::Duration deadline, std::function<Result()> look) : latest_{now() + deadline + kPatience} {
        std::packaged_task<Result()> task{std::move(look)};
        result_ = task.get_future().share();
        thread_ = std::thread{std::move(task)};
    }
    ~Looking() {
        if (!thread_.joinable()) return;
        thread_.detach();
        leave_thread_behind();
    }
    Looking(const Looking&) = delete;
    Looking& operator=(const Looking&) = delete;

    std::shared_future<Result> result() const { return result_; }

    // nullopt: it did not end.
    std::optional<Result> end() {
        if (result_.wait_until(latest_) != std::future_status::ready) return std::nullopt;
        thread_.join();
        return result_.get();
    }

private:
    static model::TimePoint now() { return std::chrono::steady_clock::now(); }

    model::TimePoint latest_;
    std::shared_future<Result> result_;
    std::thread thread_;
};

using Looks = std::deque<Looking<Seen>>;  // a deque: they do not move

Looks begin_looks(const std::vector<Dependency>& dependencies) {
    Looks looks;
    for (const auto& it : dependencies) looks.emplace_back(it.settings.deadline, [it] { return look_and_judge(it); });
    return looks;
}

Status end(Looks& looks, const std::vector<Dependency>& dependencies) {
    Status status;
    for (std::size_t i = 0; i < looks.size(); ++i)
        status.dependencies.push_back(looks[i].end().value_or(without_end(dependencies[i])));
    return status;
}

// After the look at the database: where a role may have one session only, that look must get it.
struct LookingAtLock {
    Dependency dependency;
    std::shared_future<Seen> seen;
    model::TimePoint at = std::chrono::steady_clock::now() + dependency.settings.deadline;

    model::LockLook operator()() const {
        if (seen.wait_until(at) != std::future_status::ready) return lock_without_end();
        return look_at_lock(dependency, {at});
    }
};

Seen with_lock(DependencyStatus status, model::LockLook lock) {
    status.lock = std::move(lock);
    return std::make_shared<const DependencyStatus>(std::move(status));
}

}  // namespace

Status look_once(const std::vector<Dependency>& dependencies) {
    auto looks = begin_looks(dependencies);
    return end(looks, dependencies);
}

Status look_once_with_locks(const std::vector<Dependency>& dependencies) {
    auto looks = begin_looks(dependencies);
    std::deque<Looking<model::LockLook>> locks;
    for (std::size_t i = 0; i < looks.size(); ++i)
        locks.emplace_back(dependencies[i].settings.deadline, LookingAtLock{dependencies[i], looks[i].result()});
    auto status = end(looks, dependencies);
    for (std::size_t i = 0; i < locks.size(); ++i) {
        auto& told = status.dependencies[i];
        told = with_lock(*told, locks[i].end().value_or(lock_without_end()));
    }
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
