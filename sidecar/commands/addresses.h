// Where the sidecar answers, from its configuration; shared by the commands that listen, or ask who listens.
#pragma once

#include <optional>
#include <vector>

#include "sidecar/config/config.h"
#include "sidecar/http/address.h"

namespace schemalatch::commands {

// `listen`, then `detail_listen` if it is set. nullopt: one of them is no address, which has been logged.
std::optional<std::vector<http::Address>> addresses_of(const config::HttpSettings& settings);

}  // namespace schemalatch::commands
