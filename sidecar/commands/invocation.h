// What the user asked for, taken from the command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "probes/model/probe.h"
#include "sidecar/config/load.h"
#include "sidecar/gate/requirement.h"
#include "sidecar/log.h"
#include "sidecar/upgrade/upgrade.h"

namespace schemalatch::commands {

enum class Command {
    serve,
    check,
    wait,
    upgrade,
    status,
    check_config,
    bake,
    tools,
    journal,
    print,  // --help or --version: `text` is all there is to say
};

struct Invocation {
    Command command = Command::print;
    std::string text;  // for print

    config::Sources sources;         // all but tools, print
    std::optional<std::string> via;  // check, wait, status; empty: the sidecar that these sources configure
    std::optional<model::Duration> timeout = std::chrono::minutes{10};  // wait; nullopt: for ever
    std::size_t failures = 1;                                           // wait
    upgrade::Options upgrade;
    std::vector<std::string> migration;  // upgrade: the command, never empty
    bool json = false;                   // status
    log::Level log_level = log::Level::info;
    log::Format log_format = log::Format::text;

    std::string tool;                            // bake, tools; may be empty for tools
    std::vector<std::filesystem::path> folders;  // bake
    bool from_list = false;                      // bake: from standard input
    bool from_database = false;                  // bake
    gate::Selection selection;                   // bake
    std::filesystem::path output;                // bake; empty: standard output
};

// Wrong arguments: one line for the user. Caught in main only.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Throws UsageError. `environment` as of environ, "NAME=value".
Invocation parse_command_line(int argc, const char* const* argv, std::vector<std::string> environment);

}  // namespace schemalatch::commands
