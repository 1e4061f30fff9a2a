// An upgrade while its command runs.
#pragma once

#include "sidecar/upgrade/run_journal.h"

namespace schemalatch::upgrade {

struct Ran {
    CommandEnd end;

    // The lock was no longer ours before the command's tree was gone. The tree was killed.
    bool lock_lost = false;

    int stopped_by = 0;  // the signal that told us to stop the command; 0: none did
};

// Runs the command and watches over it until its whole tree is gone: passes signals on, says that we live, and tells
// whoever listens as soon as the requirement is met.
Ran run_command(Upgrading& upgrading, RunJournal& journal);

}  // namespace schemalatch::upgrade
