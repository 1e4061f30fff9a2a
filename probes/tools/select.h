// Puts a tool's SELECT together with the table that it is to read, and reads the rows that come back. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "probes/model/observation.h"
#include "probes/tools/tool.h"

namespace schemalatch::tools {

// Longer ids than this are no ids: adapters read one character more, and refuse.
inline constexpr std::size_t kLongestId = 1000;

// More rows than this no project has migrations: twenty times as many as the largest that is known of.
inline constexpr std::size_t kMostMigrations = 200'000;

// Bytes of ids and marks that one look takes in, over all rows: 200,000 rows of 80 bytes, 16,000 of the longest. Beyond
// it the rows are refused, whoever's memory it would be.
inline constexpr std::size_t kMostBytes = std::size_t{16} * 1024 * 1024;

// What a table with more is told to hold, in words that follow "holds".
std::string too_many_bytes();

// What speaks against this text being an id that a tool wrote, in words that follow "holds"; empty: nothing.
std::string why_no_id(std::string_view text);

// A row of a tool's SELECT; nullopt is SQL's NULL. The error says in words that follow "holds" why no tool wrote it.
tl::expected<model::Row, std::string> read_row(const std::optional<std::string>& id,
                                               const std::optional<std::string>& mark);

// As both PostgreSQL and SQLite quote: doubled quotes within double quotes.
std::string quote_identifier(std::string_view name);

// The dialect's SELECT with "{table}" replaced by `quoted_table`.
std::string select_from(const Dialect& dialect, std::string_view quoted_table);

}  // namespace schemalatch::tools
