// The guardian process: what it does from its exec to its end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sidecar/descriptor.h"
#include "sidecar/upgrade/command_end.h"
#include "sidecar/upgrade/launch.h"
#include "sidecar/upgrade/orders.h"
#include "sidecar/upgrade/pulse.h"

namespace schemalatch::upgrade {

// One event loop, one thread. Invariant: the lock is let go, and an end is told, only while no process of the
// command's tree is left, which waitpid(2) tells: all of them are children of this process or descend from one.
//
// Its life, in order; each step may be left out, none is taken back:
//   waiting   for the order to run
//   watching  the command runs; the runner must beat
//   ending    SIGTERM has been sent to the tree, SIGKILL follows at `kill_at_`: the runner said stop, or the command
//             has ended by itself and left processes behind
//   killing   SIGKILL to whatever is there, again and again until nothing is: the time was up, the runner said so, or
//             it is dead or stalled (`abandoned_`)
class Guarding {
public:
    // What a command left behind gets to end by itself once the command has.
    static constexpr std::chrono::seconds kLeftBehind{2};

    Guarding(Descriptor channel, std::vector<std::string> command);

    // Until the tree is gone and that is told. Gives the exit code of the process.
    int run();

private:
    using Clock = std::chrono::steady_clock;  // stands still while a machine sleeps

    bool is_over() const;
    void wait();
    Clock::time_point next_due() const;

    void take_orders();
    void obey(const Order& order, Descriptor attached);
    void start_command(const std::vector<std::string>& additions);
    void end_before_it_began(int number);
    void pass(int number) const;
    void terminate(std::chrono::milliseconds kill_after);

    void heed_time();
    void abandon();

    void reap();
    void command_ended(int status);
    void let_lock_go() const;
    void tell_end();

    Descriptor channel_;  // to the runner; readable also when the runner is dead
    Descriptor signals_;  // readable when a child has ended
    Descriptor lock_;
    std::vector<std::string> command_;

    std::optional<Launched> launched_;
    std::optional<CommandEnd> end_;
    bool is_childless_ = true;

    Pulse pulse_;
    Clock::time_point next_tick_;
    std::optional<Clock::time_point> kill_at_;
    std::optional<Clock::time_point> next_round_;  // killing: when to kill again
    std::chrono::milliseconds round_wait_{5};
    bool is_leaving_ = false;
    bool abandoned_ = false;
    bool hears_runner_ = true;
};

}  // namespace schemalatch::upgrade
