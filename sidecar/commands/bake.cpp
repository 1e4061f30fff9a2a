#include "sidecar/bake/bake.h"

#include <fmt/format.h>

#include "sidecar/commands/commands.h"
#include "sidecar/dependency.h"
#include "sidecar/files/files.h"
#include "sidecar/requirement/baked_file.h"

namespace schemalatch::commands {

ExitCode bake(const Invocation& invocation) {
    if (const auto tool = find_tool(invocation.tool, tools::Catalogue{}); !tool) throw UsageError{"--tool " + tool.error()};
    const auto requirement = bake::bake(invocation.tool, invocation.folders);
    if (!requirement) {
        for (const auto& problem : requirement.error()) log::error(problem);
        return ExitCode::config;
    }
    const std::string text = requirement::to_json(*requirement);
    if (invocation.output.empty()) {
        fmt::print("{}", text);
        return ExitCode::ready;
    }
    if (const auto written = files::replace(invocation.output, text); !written) {
        log::error(written.error() + "; correct --output");
        return ExitCode::config;
    }
    return ExitCode::ready;
}

}  // namespace schemalatch::commands
