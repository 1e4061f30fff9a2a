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

// As above, but a requirement that may still be waited for need not be there.
struct ConfiguredPatiently {
    config::HttpSettings http;
    std::vector<Watchable> dependencies;
};

// Each logs warnings and every problem; nullopt: there was a problem.
std::optional<Configured> configure(const config::Sources& sources);
std::optional<ConfiguredPatiently> configure_patiently(const config::Sources& sources);

// With the tools that it describes.
std::optional<tools::Catalogue> catalogue_or_log(const config::Config& config);

// Without a look at what the dependencies lead to.
std::optional<config::Config> configure_only(const config::Sources& sources);

}  // namespace schemalatch::commands
