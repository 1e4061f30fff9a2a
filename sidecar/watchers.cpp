#include "sidecar/watchers.h"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <random>
#include <thread>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/event.h"
#include "sidecar/left_behind.h"
#include "sidecar/log.h"
#include "sidecar/requirement_wait.h"

namespace schemalatch {

namespace {

constexpr std::chrono::seconds kPatience{1};  // with a thread that should end

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

// What the threads share with who watches them.
class Watchers::Crew : public std::enable_shared_from_this<Crew> {
public:
    Crew(std::function<void(const Change&)> report, Rendering render)
        : report_{std::move(report)}, render_{std::move(render)} {}

    void start(Watchable watchable);

    // Whether all threads have ended; those that have not go on alone.
    bool stop();

    Status status() const;
    void look_now() const;
    std::optional<ExitCode> gave_up() const;
    int gave_up_fd() const { return gave_up_.fd(); }

private:
    struct Seat {
        Seat(const Event& stop, DependencyStatus first)
            : clock{stop, request}, board{std::make_shared<const DependencyStatus>(std::move(first))} {}

        Event request;
        RealClock clock;
        Board board;
    };

    void work(const Watchable& watchable, Seat& seat);
    void watch(const Watchable& watchable, Seat& seat);
    std::optional<Dependency> complete_in_time(const Watchable& watchable, Seat& seat);
    void give_up(ExitCode code);
    bool wait_until_all_ended();

    std::function<void(const Change&)> report_;
    Rendering render_;
    Event stop_;
    Event gave_up_;
    std::atomic<int> code_{0};  // an ExitCode; 0: none gave up
    std::deque<Seat> seats_;    // a deque: threads hold references; grows before they are told from
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable one_ended_;
    std::size_t running_ = 0;  // guarded by mutex_
};

void Watchers::Crew::start(Watchable watchable) {
    auto first = std::visit(FirstStatus{std::chrono::system_clock::now()}, watchable);
    if (render_) first.whole = render_(first);
    auto& seat = seats_.emplace_back(stop_, std::move(first));
    const std::lock_guard lock{mutex_};  // until it is counted it cannot end
    threads_.emplace_back(
        [crew = shared_from_this(), watchable = std::move(watchable), &seat] { crew->work(watchable, seat); });
    ++running_;
}

bool Watchers::Crew::stop() {
    stop_.raise();
    const bool all_ended = wait_until_all_ended();
    for (auto& thread : threads_) all_ended ? thread.join() : thread.detach();
    threads_.clear();
    return all_ended;
}

bool Watchers::Crew::wait_until_all_ended() {
    std::unique_lock lock{mutex_};
    return one_ended_.wait_for(lock, kPatience, [&] { return running_ == 0; });
}

Status Watchers::Crew::status() const {
    Status status;
    for (const auto& seat : seats_) {
        status.dependencies.push_back(seat.board.read());
        if (seat.board.stalled(seat.clock.now())) status.stalled.push_back(status.dependencies.back()->name);
    }
    return status;
}

void Watchers::Crew::look_now() const {
    for (const auto& seat : seats_) seat.request.raise();
}

std::optional<ExitCode> Watchers::Crew::gave_up() const {
    const int code = code_.load();
    return code == 0 ? std::nullopt : std::optional{static_cast<ExitCode>(code)};
}

void Watchers::Crew::work(const Watchable& watchable, Seat& seat) {
    try {
        watch(watchable, seat);
    } catch (const std::exception& error) {
        log::error(fmt::format("internal error: the watcher of {} ended: {}; please report it",
                               settings_of(watchable).name, error.what()));
        give_up(ExitCode::internal);
    }
    const std::lock_guard lock{mutex_};
    --running_;
    one_ended_.notify_all();
}

void Watchers::Crew::watch(const Watchable& watchable, Seat& seat) {
    const auto dependency = complete_in_time(watchable, seat);
    if (!dependency) return;
    Watcher watcher{{dependency->settings, dependency->requirement, make_probe(*dependency)},
                    {seat.clock, seat.board, report_, std::random_device{}(), render_}};
    watcher.run();
}

// nullopt: the process ends, or should.
std::optional<Dependency> Watchers::Crew::complete_in_time(const Watchable& watchable, Seat& seat) {
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

void Watchers::Crew::give_up(ExitCode code) {
    code_.store(static_cast<int>(code));
    gave_up_.raise();
}

Watchers::Watchers(std::vector<Watchable> dependencies, std::function<void(const Change&)> report, Rendering render)
    : crew_{std::make_shared<Crew>(std::move(report), std::move(render))} {
    try {
        for (auto& dependency : dependencies) crew_->start(std::move(dependency));
    } catch (...) {
        crew_->stop();  // those that did start
        throw;
    }
}

Watchers::~Watchers() {
    if (crew_->stop()) return;
    leave_thread_behind();
    log::warn("a look does not end; the process ends without it");
}

Status Watchers::status() const { return crew_->status(); }
void Watchers::look_now() const { crew_->look_now(); }
std::optional<ExitCode> Watchers::gave_up() const { return crew_->gave_up(); }
int Watchers::gave_up_fd() const { return crew_->gave_up_fd(); }

}  // namespace schemalatch
