// How an upgrade gets the lock that keeps all others out.
#pragma once

#include <optional>

#include "sidecar/upgrade/upgrading.h"

namespace schemalatch::upgrade {

// Each gives what the upgrade ends with if it is not to be; nullopt: go on.

// Tries from a second session what a lock is worth here. The session must be open.
std::optional<Result> refuse_void_lock(Upgrading& upgrading);

struct Taken {
    bool was_held = false;  // by somebody else, when we came
    model::TimePoint at;
};

// Waits until it is ours, and hands it to the guardian.
std::optional<Result> take_lock(Upgrading& upgrading, Taken& taken);

}  // namespace schemalatch::upgrade
