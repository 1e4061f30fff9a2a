// One look at each dependency, all at the same time.
#pragma once

#include <vector>

#include "sidecar/dependency.h"
#include "sidecar/status.h"

namespace schemalatch {

// In the order of the dependencies. Returns when the slowest has answered, or a second after its deadline; then its
// thread is left behind (left_behind.h). Throws std::system_error where there are no threads to be had.
Status look_once(const std::vector<Dependency>& dependencies);

// With a look at the lock of each one's upgrades, which begins when the look at the database has ended, is over by the
// same deadline, and changes nothing else.
Status look_once_with_locks(const std::vector<Dependency>& dependencies);

// The same of one whose requirement is not known: what is seen, not what it means.
model::Look look_at(const Outline& outline);

}  // namespace schemalatch
