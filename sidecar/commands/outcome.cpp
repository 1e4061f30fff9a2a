#include "sidecar/commands/outcome.h"

#include <fmt/format.h>

#include <algorithm>

namespace schemalatch::commands {

std::string line_of(const DependencyStatus& dependency) {
    const bool excused = !dependency.enforced && !dependency.ready;
    return fmt::format("{} {}{}{}: {}", dependency.name, gate::to_string(dependency.state),
                       dependency.held ? " (held ready)" : "", excused ? " (not enforced)" : "", dependency.reason);
}

std::string lines_of(const Status& status) {
    std::string lines;
    for (const auto& dependency : status.dependencies) lines += line_of(*dependency) + "\n";
    return lines;
}

ExitCode exit_code_of(const Status& status) {
    const auto back = std::find_if(status.dependencies.begin(), status.dependencies.end(),
                                   [](const auto& dependency) { return dependency->holds_back(); });
    return back == status.dependencies.end() ? ExitCode::ready : schemalatch::exit_code_of((*back)->state);
}

}  // namespace schemalatch::commands
