// What the process says by its exit code. Public: docs/exit-codes.md. 2 is left out: Docker reserves it.
#pragma once

#include "sidecar/gate/verdict.h"

namespace schemalatch {

enum class ExitCode {
    ready = 0,            // satisfied, or done
    behind = 1,           // the schema is lower than required
    unmigrated = 3,       // nothing is recorded as applied
    dirty = 4,            // a failed or open migration stands in the way
    unreachable = 5,      // no connection, or no answer in time
    denied = 6,           // authentication or permission
    timeout = 7,          // waited, and the time is up
    locked = 8,           // upgrade: another run holds the lock, and the time is up
    lock_lost = 9,        // upgrade: the lock was lost while the command ran
    command_failed = 10,  // the migration command failed, or could not be started
    not_reached = 11,     // the command exited 0, yet the requirement is not met
    unknown = 12,         // unknown or diverged
    blocked = 13,         // the bookkeeping table is locked
    unreadable = 14,      // unreadable or ambiguous
    usage = 64,           // wrong arguments
    unavailable = 69,     // cannot listen, cannot write the result, no sidecar answers, no resources
    internal = 70,        // a bug of ours
    config = 78,          // bad configuration or requirement
};

ExitCode exit_code_of(gate::State state);

// As a shell tells that a signal ended a process.
ExitCode exit_code_of_signal(int number);

}  // namespace schemalatch
