// The seam to the command's processes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sidecar/upgrade/command_end.h"

namespace schemalatch::upgrade {

// One command, which runs once. Owned and called by one thread.
class CommandRunner {
public:
    virtual ~CommandRunner() = default;

    // What holds the lock, to be let go of only when the whole tree is gone.
    virtual void hold(int lock_fd) = 0;

    // Starts the command; `additions` as "NAME=value", in place of what we have of these names.
    virtual void run(const std::vector<std::string>& additions) = 0;

    // To be called more often than every kStall while the command runs: else we are taken for dead.
    virtual void beat() = 0;

    // Sends a signal to the command's process group.
    virtual void pass(int signal) = 0;

    // SIGTERM to every process of the tree, then, after `kill_after`, SIGKILL until none is left.
    virtual void stop(std::chrono::milliseconds kill_after) = 0;

    // SIGKILL to the whole tree, at once.
    virtual void kill() = 0;

    // Readable once end() has something new to say.
    virtual int fd() const = 0;

    // nullopt: the tree still runs.
    virtual std::optional<CommandEnd> end() = 0;
};

}  // namespace schemalatch::upgrade
