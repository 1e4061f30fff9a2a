// Text from a database or a client, made fit for a log line or a terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace schemalatch::model {

// One line: control characters, and bytes that are not UTF-8, become \xNN; what is longer than a log line can bear is
// cut with an ellipsis.
std::string printable(std::string_view text);

// "a, b, c and 4 more", each printable.
std::string listed(const std::vector<std::string>& ids);

}  // namespace schemalatch::model
