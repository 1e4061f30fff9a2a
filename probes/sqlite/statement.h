// Statements that are run to their end.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "probes/sqlite/database.h"

namespace schemalatch::sqlite {

template <typename T>
using Tried = tl::expected<T, SqliteError>;

using Value = std::variant<std::nullptr_t, std::int64_t, std::string>;
using Row = std::vector<std::optional<std::string>>;  // nullopt: NULL
using Rows = std::vector<Row>;

// One statement, with values for ?1, ?2 and so on. Of more bytes than a look takes it gives none: SQLITE_TOOBIG.
Tried<Rows> run(sqlite3* database, const std::string& sql, const std::vector<Value>& values = {});

// Several statements without values.
Tried<void> execute(sqlite3* database, const std::string& sql);

}  // namespace schemalatch::sqlite
