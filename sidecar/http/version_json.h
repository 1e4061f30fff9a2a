// The JSON of /version and /version/NAME, both ways: what one sidecar writes another schemalatch reads. Pure.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "sidecar/status.h"

namespace schemalatch::http {

enum class Lists {
    cut,  // The first 20: `current` in its sorted order, `missing` in the order of applying. Counts are whole.
    whole,
};

// Body of /version, where lists are cut. `ready`: whether /readyz answers 200.
std::string version_json(const Status& status, bool ready, Lists lists = Lists::cut);

// Body of /version/NAME: one dependency, whole lists.
std::string dependency_json(const DependencyStatus& dependency);

// The same, read from a sidecar that may be older, newer or no sidecar at all. Members that are not known are passed
// over; those that are must be there, of their type, and agree with each other. The error is one line that names the
// member and what is wrong with it. Every text that comes out is one printable line.
//
// What the JSON does not tell (tallies, last_satisfied_at, primary_overdue, stalled) is as in a status that was just
// made. A list that was cut keeps its whole count in Sight.
tl::expected<Status, std::string> parse_version(std::string_view json);
tl::expected<DependencyStatus, std::string> parse_dependency(std::string_view json);

}  // namespace schemalatch::http
