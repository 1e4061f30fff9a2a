// One function per command, one file each. Each returns what the process exits with and has said why.
#pragma once

#include "sidecar/commands/invocation.h"
#include "sidecar/exit_code.h"

namespace schemalatch::commands {

ExitCode serve(const Invocation& invocation);
ExitCode check(const Invocation& invocation);
ExitCode wait(const Invocation& invocation);
ExitCode upgrade(const Invocation& invocation);
ExitCode status(const Invocation& invocation);
ExitCode check_config(const Invocation& invocation);
ExitCode bake(const Invocation& invocation);
ExitCode tools(const Invocation& invocation);
ExitCode journal(const Invocation& invocation);

}  // namespace schemalatch::commands
