#include <chrono>
#include <cstdio>

#include "sidecar/commands/commands.h"
#include "sidecar/commands/outcome.h"
#include "sidecar/commands/source.h"
#include "sidecar/commands/status_text.h"
#include "sidecar/http/routes.h"
#include "sidecar/http/version_json.h"

namespace schemalatch::commands {

ExitCode status(const Invocation& invocation) {
    const auto status = current_status(invocation, Detail::all);
    if (!status) return status.error();
    const std::string text = invocation.json ? http::version_json(*status, http::is_ready(*status), http::Lists::whole)
                                             : status_text(*status, std::chrono::system_clock::now());
    std::fputs(text.c_str(), stdout);
    return exit_code_of(*status);
}

}  // namespace schemalatch::commands
