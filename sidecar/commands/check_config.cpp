#include <fmt/format.h>

#include <cstdio>

#include "probes/model/printable.h"
#include "sidecar/commands/addresses.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"

namespace schemalatch::commands {

namespace {

std::string shown(const Dependency& dependency) {
    return fmt::format("{}: {} at {}, needs {} ({})", dependency.settings.name, dependency.requirement.tool,
                       config::text_of(dependency.target), gate::needed_phrase(dependency.requirement),
                       dependency.requirement.source);
}

}  // namespace

ExitCode check_config(const Invocation& invocation) {
    const auto configured = configure(invocation.sources);
    if (!configured || !addresses_of(configured->http)) return ExitCode::config;
    for (const auto& dependency : configured->dependencies) fmt::print("{}\n", model::printable(shown(dependency)));
    fmt::print("configuration is right\n");
    return ExitCode::ready;
}

}  // namespace schemalatch::commands
