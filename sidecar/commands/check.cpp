#include <fmt/format.h>

#include <cstdio>

#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"

namespace schemalatch::commands {

namespace {

gate::Verdict look_once(const Dependency& dependency) {
    const auto probe = make_probe(dependency);
    const auto seen = probe->observe({std::chrono::steady_clock::now() + dependency.settings.deadline});
    return gate::judge(dependency.requirement, seen, dependency.settings.unknown_revision);
}

ExitCode tell(const Dependency& dependency, const gate::Verdict& verdict) {
    const bool excused = !dependency.settings.enforce && verdict.state != gate::State::satisfied;
    fmt::print("{} {}{}: {}\n", dependency.settings.name, gate::to_string(verdict.state),
               excused ? " (not enforced)" : "", verdict.reason);
    return excused ? ExitCode::ready : exit_code_of(verdict.state);
}

}  // namespace

ExitCode check(const Invocation& invocation) {
    const auto configured = configure(invocation.sources);
    if (!configured) return ExitCode::config;
    ExitCode first = ExitCode::ready;
    for (const auto& dependency : configured->dependencies) {
        const ExitCode code = tell(dependency, look_once(dependency));
        if (first == ExitCode::ready) first = code;
    }
    return first;
}

}  // namespace schemalatch::commands
