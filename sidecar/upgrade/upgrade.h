// One upgrade, from the server that may not be up yet to the verdict that the schema has arrived.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "probes/model/upgrade_session.h"
#include "sidecar/exit_code.h"
#include "sidecar/gate/requirement.h"
#include "sidecar/gate/verdict.h"
#include "sidecar/upgrade/command_runner.h"

namespace schemalatch::upgrade {

struct Options {
    model::Duration wait_lock = std::chrono::minutes{10};
    model::Duration connect_timeout = std::chrono::minutes{10};
    model::Duration kill_after = std::chrono::seconds{20};
    std::string ddl_lock_timeout;  // of the command's own sessions, as PostgreSQL writes it; empty: as it is
    bool always = false;           // run the command even where the requirement is met
    bool retry = false;            // run it even where a run towards the same failed while we waited
};

// Who runs it, for the journal and for those who wait.
struct Runner {
    std::string run_id;
    std::string host;
    std::string pod;         // empty: none
    std::string command;     // its name, without arguments
    std::string pg_options;  // PGOPTIONS as the command would inherit it
};

// Time, waiting and being told to stop: the seam that lets tests tell what time it is.
class Pace {
public:
    virtual ~Pace() = default;
    virtual model::TimePoint now() const = 0;

    // Until then, or until `fd` is readable (-1: none), or a signal came.
    virtual void sleep_until(model::TimePoint at, int fd) = 0;

    // The oldest that came and was not taken; 0: none.
    virtual int take_signal() = 0;

    // Becomes readable when a signal comes.
    virtual int stop_fd() const = 0;
};

struct Task {
    std::string name;  // of the dependency
    gate::Requirement requirement;
    std::vector<std::string> readers;
    Options options;
    Runner runner;
};

struct Surroundings {
    model::UpgradeSession& session;
    CommandRunner& command;
    Pace& pace;
};

// What happened, in one line for people.
struct Result {
    ExitCode code;
    std::string text;
};

// Blocks until it is over. Says by the log what it waits for.
Result upgrade(const Task& task, const Surroundings& surroundings);

}  // namespace schemalatch::upgrade
