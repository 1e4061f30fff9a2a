// The migrations that a database has, taken for those that an image needs: for --from-database. Pure.
#pragma once

#include "probes/model/observation.h"
#include "sidecar/bake/baked.h"
#include "sidecar/gate/verdict.h"

namespace schemalatch::bake {

// Why what a look saw is nothing to go by.
struct Refusal {
    gate::State state;  // dirty, unmigrated, unreadable; unreachable where only a standby answers
    std::string reason;
};

// Refuses a standby, which may lag, a table that records nothing, and failed or open migrations.
tl::expected<Baked, Refusal> bake_observation(const model::Observation& seen);

}  // namespace schemalatch::bake
