// Being told by a NOTIFY when a look may be worth it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

inline constexpr std::string_view kHintChannel = "schemalatch";

// Begins to listen, and says how many other sessions of our name are in the database: they will be told as well.
// nullopt: this session would hear nothing, and nothing was changed in it: a standby answers, or a pooler stands
// between, where the LISTEN might stay behind in a session that others get.
tl::expected<std::optional<std::size_t>, ServerError> listen(Session& session, const model::Deadline& deadline);

}  // namespace schemalatch::postgres
