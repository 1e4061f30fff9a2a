// The lock of upgrades: a file beside the database, one for each database or, narrowed, for each lock_name.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "probes/model/lock.h"
#include "probes/sqlite/lock_file.h"

namespace schemalatch::sqlite {

// `database`: its real path, as real_path() gives it.
std::filesystem::path lock_path(const std::filesystem::path& database, const std::string& lock_name);

// For people. `note`: what the lock file says of whoever has locked it.
model::LockHolder holder_by(const std::optional<HolderNote>& note, const std::filesystem::path& lock_path);

// Why the file beside this database is not the one that others lock; empty: it is.
std::string why_lock_is_elsewhere(const std::filesystem::path& database);

// Reads, and changes nothing. `database`: any spelling of it; need not be there yet.
model::LockLook look_at_lock(const std::filesystem::path& database, const std::string& lock_name);

}  // namespace schemalatch::sqlite
