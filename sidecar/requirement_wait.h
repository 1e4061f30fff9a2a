// Waiting for a baked file that something else is still putting in its place.
#pragma once

#include <optional>

#include "sidecar/board.h"
#include "sidecar/clock.h"
#include "sidecar/dependency.h"

namespace schemalatch {

// What to publish while there is no requirement.
DependencyStatus status_without_requirement(const Outline& outline, SystemTime now);

// Looks for the file each `interval`, for as long as require_wait allows, and says so on the board. nullopt: the
// process is told to stop. The problems are those of the last look.
tl::expected<std::optional<Dependency>, config::Problems> await_requirement(const Outline& outline, Clock& clock,
                                                                            Board& board);

}  // namespace schemalatch
