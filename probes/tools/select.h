// Puts a tool's SELECT together with the table that it is to read. Pure.
#pragma once

#include <string>
#include <string_view>

#include "probes/tools/tool.h"

namespace schemalatch::tools {

// Longer ids than this are no ids: adapters read one character more, and refuse.
inline constexpr std::size_t kLongestId = 1000;

// What speaks against this text being an id that a tool wrote, in words that follow "holds"; empty: nothing.
std::string why_no_id(std::string_view text);

// As both PostgreSQL and SQLite quote: doubled quotes within double quotes.
std::string quote_identifier(std::string_view name);

// The dialect's SELECT with "{table}" replaced by `quoted_table`.
std::string select_from(const Dialect& dialect, std::string_view quoted_table);

}  // namespace schemalatch::tools
