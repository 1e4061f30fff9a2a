#include "sidecar/upgrade/upgrade.h"

#include "sidecar/upgrade/conclusion.h"
#include "sidecar/upgrade/preparation.h"
#include "sidecar/upgrade/running.h"

namespace schemalatch::upgrade {

Result upgrade(const Task& task, const Surroundings& surroundings) {
    Upgrading upgrading{task, surroundings};
    RunJournal journal{upgrading};
    if (auto ended = prepare(upgrading, journal)) return std::move(*ended);
    return conclude(upgrading, journal, run_command(upgrading, journal));
}

}  // namespace schemalatch::upgrade
