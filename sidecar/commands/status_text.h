// What `status` prints: the state of each dependency for a person. Pure.
#pragma once

#include <string>

#include "sidecar/status.h"

namespace schemalatch::commands {

// A block for each dependency, in the order of the configuration, an empty line between them. Right for what a sidecar
// published as for one look of our own. `now`: what the ages are counted to. Lists hold the first kMostListed; ids and
// reasons are made printable, lists are broken before column 100, and reasons and the lock's holder never: their SQL
// may have to be copied.
std::string status_text(const Status& status, SystemTime now);

}  // namespace schemalatch::commands
