// From the sources of configuration to dependencies that can be watched; shared by the commands that need them.
#pragma once

#include <optional>
#include <vector>

#include "sidecar/config/load.h"
#include "sidecar/dependency.h"

namespace schemalatch::commands {

struct Configured {
    config::HttpSettings http;
    std::vector<Dependency> dependencies;  // at least one
};

// Logs warnings and every problem; nullopt: there was a problem.
std::optional<Configured> configure(const config::Sources& sources);

}  // namespace schemalatch::commands
