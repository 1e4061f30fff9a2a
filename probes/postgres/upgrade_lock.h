// The lock of upgrades: an advisory lock of a session, one for each database or, narrowed, for each lock_name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "probes/model/lock.h"
#include "probes/model/probe.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

// Its two keys. The first is "slat" in ASCII: of the tools that lock, only Liquibase's session lock uses this key
// space, with two hash codes.
inline constexpr std::int32_t kLockClass = 0x736C6174;
std::int32_t lock_key(const std::string& lock_name);

// Asks for the session that holds it in this database; of several, strangers who share the key, for the first. Any
// role may, and it takes no lock.
std::string holder_sql(const std::string& lock_name);

// Of the rows that it gives; nullopt: nobody.
std::optional<model::LockHolder> holder_in(const Rows& rows);

// Connects, asks the primary, and lets go. `server`: with the URL of the lock, where that is another one; its journal
// and schema mean nothing here. Returns by the deadline.
model::LockLook look_at_lock(const PostgresSettings& server, const std::string& lock_name,
                             const model::Deadline& deadline);

}  // namespace schemalatch::postgres
