// The JSON of /version and /version/NAME (version_json.h), read from a sidecar that may be older, newer or no sidecar
// at all. Pure.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "sidecar/status.h"

namespace schemalatch::http {

// Members that are not known are passed over; those that are must be there, of their type, and agree with each other.
// The error is one line that names the member and what is wrong with it. Every text that comes out is one printable
// line.
//
// What the JSON does not tell (tallies, last_satisfied_at, primary_overdue, stalled) is as in a status that was just
// made. A list that was cut keeps its whole count in Sight.
tl::expected<Status, std::string> parse_version(std::string_view json);
tl::expected<DependencyStatus, std::string> parse_dependency(std::string_view json);

}  // namespace schemalatch::http
