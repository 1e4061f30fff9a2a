// A thread and a board for each dependency.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/dependency.h"
#include "sidecar/event.h"
#include "sidecar/exit_code.h"
#include "sidecar/watch.h"

namespace schemalatch {

// Made, asked and destroyed by one thread. Destroying it stops the watchers, also in the middle of a look, and waits
// for them.
class Watchers {
public:
    // `report` is called from the watchers' threads, one call for each change. Throws std::system_error where the
    // process may have no more threads or descriptors.
    Watchers(std::vector<Watchable> dependencies, std::function<void(const Change&)> report);
    ~Watchers();
    Watchers(const Watchers&) = delete;
    Watchers& operator=(const Watchers&) = delete;

    // In the order of the dependencies.
    Status status() const;

    // Asks every watcher for a look now, on a new connection.
    void look_now() const;

    // Set once a watcher gave up, having said why: a requirement did not come in time, or a bug of ours. The process
    // should end with it, for such a gate would stay as it is for ever.
    std::optional<ExitCode> gave_up() const;
    int gave_up_fd() const { return gave_up_.fd(); }  // becomes readable then

private:
    struct Seat {
        Seat(const Event& stop, DependencyStatus first)
            : clock{stop, request}, board{std::make_shared<const DependencyStatus>(std::move(first))} {}

        Event request;
        RealClock clock;
        Board board;
    };

    void start(Watchable dependency);
    void watch(const Watchable& watchable, Seat& seat);
    void follow(const Watchable& watchable, Seat& seat);
    std::optional<Dependency> complete_in_time(const Watchable& watchable, Seat& seat);
    void give_up(ExitCode code);

    std::function<void(const Change&)> report_;
    Event stop_;
    Event gave_up_;
    std::atomic<int> code_{0};           // an ExitCode; 0: none gave up
    std::deque<Seat> seats_;             // a deque: threads hold references
    std::vector<std::jthread> threads_;  // joined first
};

}  // namespace schemalatch
