// What a status means for who ran a command: a line for each dependency, and the exit code. Pure.
#pragma once

#include <string>

#include "sidecar/exit_code.h"
#include "sidecar/status.h"

namespace schemalatch::commands {

// "orders behind (not enforced): at ..., needs ..."
std::string line_of(const DependencyStatus& dependency);

// One line each, in the order of the configuration.
std::string lines_of(const Status& status);

// Of the first that is not ready and is enforced.
ExitCode exit_code_of(const Status& status);

}  // namespace schemalatch::commands
