// How an upgrade's command ended.
#pragma once

namespace schemalatch::upgrade {

// Of the command itself. Of what it left behind nothing is left by the time that this is told.
struct CommandEnd {
    enum class How {
        exited,       // `number`: its exit code
        killed,       // `number`: the signal
        not_started,  // `number`: errno of the fork or exec; nothing has run
    };
    How how;
    int number;

    // The guardian took us for dead and has let the lock go: somebody else may hold it.
    bool lock_let_go = false;

    bool operator==(const CommandEnd&) const = default;
};

}  // namespace schemalatch::upgrade
