#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>

#include "sidecar/commands/commands.h"
#include "sidecar/left_behind.h"
#include "sidecar/upgrade/guardian.h"

namespace {

using schemalatch::ExitCode;
using schemalatch::commands::Command;
using schemalatch::commands::Invocation;

// Others can read the arguments of a process. Overwrites the value of --url where it stands; true if there was one.
bool hide_url(int argc, char** argv) {
    bool hidden = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        char* value = nullptr;
        if (word == "--url" && i + 1 < argc) value = argv[i + 1];
        if (word.starts_with("--url=")) value = argv[i] + std::strlen("--url=");
        if (value == nullptr) continue;
        std::memset(value, 'x', std::strlen(value));
        hidden = true;
    }
    return hidden;
}

std::vector<std::string> environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
    return entries;
}

ExitCode run(const Invocation& invocation) {
    switch (invocation.command) {
        case Command::serve:
            return schemalatch::commands::serve(invocation);
        case Command::check:
            return schemalatch::commands::check(invocation);
        case Command::wait:
            return schemalatch::commands::wait(invocation);
        case Command::upgrade:
            return schemalatch::commands::upgrade(invocation);
        case Command::status:
            return schemalatch::commands::status(invocation);
        case Command::check_config:
            return schemalatch::commands::check_config(invocation);
        case Command::bake:
            return schemalatch::commands::bake(invocation);
        case Command::tools:
            return schemalatch::commands::tools(invocation);
        case Command::journal:
            return schemalatch::commands::journal(invocation);
        case Command::print:
            std::fputs(invocation.text.c_str(), stdout);
            return ExitCode::ready;
    }
    return ExitCode::internal;
}

ExitCode start(int argc, char** argv) {
    const Invocation invocation = schemalatch::commands::parse_command_line(argc, argv, environment());
    const bool hidden = hide_url(argc, argv);
    schemalatch::log::start(invocation.log_level, invocation.log_format);
    if (hidden)
        schemalatch::log::info(
            "--url was readable in the process list until now; SCHEMALATCH_URL, url_file and password_file never are");
    const ExitCode code = run(invocation);
    // A result that was lost, on a full disk say, must not look like one that was told.
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    schemalatch::log::error("standard output cannot be written; see whether its disk is full");
    return ExitCode::unavailable;
}

int run_and_explain(int argc, char** argv) {
    try {
        return static_cast<int>(start(argc, argv));
    } catch (const schemalatch::commands::UsageError& error) {
        schemalatch::log::error(error.what());
        return static_cast<int>(ExitCode::usage);
    } catch (const std::system_error& error) {
        schemalatch::log::error(std::string{"the system refuses what is needed: "} + error.what() +
                                "; check the limits of this process or container");
        return static_cast<int>(ExitCode::unavailable);
    } catch (const std::exception& error) {
        schemalatch::log::error(std::string{"internal error: "} + error.what() + "; please report it");
        return static_cast<int>(ExitCode::internal);
    }
}

// Else the first descriptors that we open would be what log lines and results are written to.
void open_missing_standard_streams() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest that is free: this one
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (const auto guarded = schemalatch::upgrade::guard_if_asked(argc, argv)) return *guarded;
    open_missing_standard_streams();
    std::signal(SIGPIPE, SIG_IGN);  // whoever reads our results or log may be gone: writing tells
    const int code = run_and_explain(argc, argv);
    if (schemalatch::is_any_left_behind()) std::_Exit(code);
    return code;
}
