#include <cstdio>

#include "sidecar/commands/commands.h"
#include "sidecar/commands/outcome.h"
#include "sidecar/commands/source.h"

namespace schemalatch::commands {

ExitCode check(const Invocation& invocation) {
    const auto status = current_status(invocation, Detail::verdicts);
    if (!status) return status.error();
    std::fputs(lines_of(*status).c_str(), stdout);
    return exit_code_of(*status);
}

}  // namespace schemalatch::commands
