// One look at each dependency, all at the same time.
#pragma once

#include <vector>

#include "sidecar/dependency.h"
#include "sidecar/status.h"

namespace schemalatch {

// In the order of the dependencies. Returns when the slowest has answered or its deadline is over.
Status look_once(const std::vector<Dependency>& dependencies);

}  // namespace schemalatch
