// Text from a database or a client, made fit for a log line or a terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace schemalatch::model {

// One line: control characters, and bytes that are not UTF-8, become \xNN; what is longer than a log line can bear is
// cut with an ellipsis.
std::string printable(std::string_view text);

// The same, never cut: for what may have to be copied whole, such as a GRANT.
std::string one_line(std::string_view text);

// The same between double quotes, for what a user wrote. What may be a URL, and so hold a password, is not repeated: a
// forgotten "--url" must not put one into a log.
std::string quoted(std::string_view text);

bool may_hold_secret(std::string_view text);

// Whether a database would take it for text.
bool is_utf8(std::string_view text);

// "a, b, c and 4 more", each printable.
std::string listed(const std::vector<std::string>& ids);

}  // namespace schemalatch::model
