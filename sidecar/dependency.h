// From settings to what can be watched: the URL understood, the tool found, the requirement read.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "probes/model/probe.h"
#include "probes/tools/catalogue.h"
#include "sidecar/config/config.h"
#include "sidecar/config/target.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch {

// All of a dependency but its requirement, whose file may still be on its way.
struct Outline {
    config::DependencySettings settings;
    config::Target target;
    tools::ToolPtr tool;  // null: the baked file will name it, or the database will show it
    tools::Catalogue catalogue;
};

struct Dependency {
    config::DependencySettings settings;
    tools::ToolPtr tool;  // null: the database will show it
    config::Target target;
    tools::Catalogue catalogue;
    gate::Requirement requirement;
};

// What `serve` and `wait` can begin with.
using Watchable = std::variant<Dependency, Outline>;

// By its name in the catalogue; the error says that it is not known, and which may be meant.
tl::expected<tools::ToolPtr, std::string> find_tool(const std::string& name, const tools::Catalogue& catalogue);

// All but the requirement, which may not be named at all.
tl::expected<Outline, config::Problems> outline(const config::DependencySettings& settings,
                                                const tools::Catalogue& catalogue);

// Reads the requirement's file. All problems are told together, each a line that names the dependency and the key.
tl::expected<Dependency, config::Problems> resolve(const config::DependencySettings& settings,
                                                   const tools::Catalogue& catalogue);

// The same, but a baked file that is missing or bad is no problem yet where require_wait lets it be waited for.
tl::expected<Watchable, config::Problems> resolve_patiently(const config::DependencySettings& settings,
                                                            const tools::Catalogue& catalogue);

// Reads the requirement's file.
tl::expected<Dependency, config::Problems> complete(const Outline& outline);

// What should be said at start: what works, and will not for long.
std::vector<std::string> cautions(const Dependency& dependency);

// What should be known: what of the URL counts for nothing.
std::vector<std::string> remarks(const config::DependencySettings& settings, const config::Target& target);

std::unique_ptr<model::Probe> make_probe(const Dependency& dependency);

// Of a tool that is known, or is to be found, whatever is required of it.
std::unique_ptr<model::Probe> make_probe(const Outline& outline);

}  // namespace schemalatch
