// Where the lock of a dependency's upgrades is, and who holds it.
#pragma once

#include "probes/model/lock.h"
#include "probes/model/probe.h"
#include "probes/postgres/postgres_probe.h"
#include "sidecar/config/config.h"
#include "sidecar/config/target.h"
#include "sidecar/dependency.h"

namespace schemalatch {

// The server whose lock is taken: lock_url's where there is one, else the target's own.
postgres::PostgresSettings lock_server(const config::DependencySettings& settings,
                                       const config::PostgresTarget& target);

// Reads only: takes no lock and creates nothing. What goes wrong is the answer's error.
model::LockLook look_at_lock(const Dependency& dependency, const model::Deadline& deadline);

}  // namespace schemalatch
