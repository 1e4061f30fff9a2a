// Runs a command so that its whole process tree is gone before the upgrade's lock is free, whatever happens to us.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/descriptor.h"
#include "sidecar/upgrade/command_end.h"
#include "sidecar/upgrade/command_runner.h"
#include "sidecar/upgrade/orders.h"
#include "sidecar/upgrade/process_tree.h"
#include "sidecar/upgrade/pulse.h"

namespace schemalatch::upgrade {

// A process between us and the command: this binary, executed anew before there is any thread. It is the command's
// subreaper and holds a copy of the lock's descriptor. When we die, stop beating or say so it kills until no child is
// left; when we are dead or stalled it then lets the lock go. While we live the lock is ours, also after kill().
//
// It lives in a process group of its own, and heeds no signal: what is sent to us, to our group or by our terminal is
// for us to pass() on. If somebody kills *it*, the command's tree comes to us and is killed from here. If somebody
// kills both at once the kernel still kills the command itself, but not what the command has started.
//
// What the command leaves behind when it ends (a daemon, a background job) gets SIGTERM, and SIGKILL 2 s later. Until
// that is gone the command has not ended.
//
// Owned and called by one thread. Nobody else in this process may wait for children.
class Guardian final : public CommandRunner {
public:
    // Starts the process, and returns once it guards; the command waits for run(). `command`: its file and its
    // arguments, never empty. From here on we are a subreaper too. The error is one line.
    static tl::expected<Guardian, std::string> start(const std::vector<std::string>& command);

    // Kills the command's tree, if there still is one, and waits until it is gone. The lock is not touched.
    ~Guardian() override;
    Guardian(Guardian&&) noexcept;
    Guardian& operator=(Guardian&&) noexcept;

    // Gives it a copy of what holds the lock: a connected socket, which it will shut down, or a file that is locked
    // with flock(2), which it will unlock. The last one given counts.
    void hold(int lock_fd) override;

    // Starts the command, once; `additions` as "NAME=value", in place of what we have of these names. PATH is searched
    // as the command will have it.
    void run(const std::vector<std::string>& additions) override;

    // To be called more often than every kStall from run() to the end, best every kTick: else we are taken for dead.
    // Takes ended children too: orphans come to PID 1 of a container.
    void beat() override;

    // Sends a signal to the command's process group, if the command has not ended.
    void pass(int signal) override;

    // SIGTERM to every process of the tree, then, after `kill_after`, SIGKILL until none is left. Again: the earlier
    // SIGKILL counts. Before run(): the command is never started, and told as killed by SIGTERM.
    void stop(std::chrono::milliseconds kill_after) override;

    // SIGKILL to the whole tree, at once.
    void kill() override;

    // Readable once end() has something new to say.
    int fd() const override;

    // nullopt: the tree still runs, or was never started. How the command ended, once no process of its tree is left.
    // The guardian itself killed by somebody: the tree is killed from here, each call taking some milliseconds until
    // it is gone, and How::killed by SIGKILL is told.
    std::optional<CommandEnd> end() override;

private:
    Guardian(Descriptor channel, int pid, Pids strangers);
    void give(const Order& order, int attached = -1);
    bool offer(const std::string& packet, int attached) const;
    void wake() const;
    void end_instead();
    bool reap(int options);
    bool is_tree_gone();

    Descriptor channel_;
    int pid_ = -1;              // -1: it has ended
    Pids strangers_;            // children that we had before, from whoever was executed before us
    bool is_orphaned_ = false;  // it was killed: what is left of its tree is ours to kill
    std::optional<CommandEnd> end_;
};

// The first argument of a process that is a guardian.
inline constexpr std::string_view kGuardWord = "__guard";

// The other side: what main() calls first of all. nullopt: `argv` is not that of a guardian. A guardian does not come
// back from here; if it could not begin, this is its exit code.
std::optional<int> guard_if_asked(int argc, char** argv);

}  // namespace schemalatch::upgrade
