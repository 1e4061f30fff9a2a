// An upgrade up to the instant before its command runs.
#pragma once

#include <optional>

#include "sidecar/upgrade/run_journal.h"

namespace schemalatch::upgrade {

// From a server that may not be up yet to a run that is begun: the lock is ours, no command of anybody's is at work,
// and the requirement is not met. Else what the upgrade ends with: nothing is to be run, or nothing can be.
std::optional<Result> prepare(Upgrading& upgrading, RunJournal& journal);

}  // namespace schemalatch::upgrade
