// A dependency that is known to be complete: its tool found, its requirement read, its URL understood.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/probe.h"
#include "probes/tools/tool.h"
#include "sidecar/config/config.h"
#include "sidecar/config/target.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch {

struct Dependency {
    config::DependencySettings settings;
    const tools::Tool* tool;
    config::Target target;
    gate::Requirement requirement;
};

// By its name in the catalogue; the error says that it is not known, and which may be meant.
tl::expected<const tools::Tool*, std::string> find_tool(const std::string& name);

// Reads the requirement's file. All problems are told together, each a line that names the dependency and the key.
tl::expected<Dependency, config::Problems> resolve(const config::DependencySettings& settings);

// What should be said at start: what works, and will not for long.
std::vector<std::string> cautions(const Dependency& dependency);

std::unique_ptr<model::Probe> make_probe(const Dependency& dependency);

}  // namespace schemalatch
