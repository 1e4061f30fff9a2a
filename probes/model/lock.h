// Who holds the lock of a database's upgrades, as others see it. Plain values; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/observation.h"

namespace schemalatch::model {

struct LockHolder {
    std::string name;                 // as it calls itself, printable; empty: it could not be named
    std::optional<std::int64_t> pid;  // of the server's session, or of the process; nullopt: not known
    std::string remedy;               // "to end it: SELECT pg_terminate_backend(4711)"
};

// `"schemalatch upgrade by orders-upgrade-7x2lp pid 17" (to end it: SELECT pg_terminate_backend(4711))`
std::string phrase(const LockHolder& holder);

// Nobody holds it, or why that cannot be told.
using LockLook = tl::expected<std::optional<LockHolder>, ProbeFailure>;

}  // namespace schemalatch::model
