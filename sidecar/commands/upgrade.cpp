#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "probes/model/printable.h"
#include "probes/postgres/upgrade_session.h"
#include "probes/sqlite/upgrade_session.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"
#include "sidecar/lock_look.h"
#include "sidecar/upgrade/guardian.h"
#include "sidecar/upgrade/real_pace.h"

namespace schemalatch::commands {

namespace {

namespace up = schemalatch::upgrade;

std::string new_run_id() {
    std::array<unsigned char, 8> bytes{};
    if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error{"no random numbers"};
    std::string id = "schemalatch-run-";
    for (const auto byte : bytes) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        id += kDigits[byte >> 4];
        id += kDigits[byte & 15];
    }
    return id;
}

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{"unknown"};
}

std::string variable(const std::vector<std::string>& environment, const std::string& name) {
    for (const auto& entry : environment) {
        if (entry.starts_with(name + "=")) return entry.substr(name.size() + 1);
    }
    return "";
}

// What may stand in the journal and the log. A whole command line in one word may hold secrets.
std::string name_of(const std::string& file) {
    if (file.find_first_of(" \t\n@") != std::string::npos || file.find("://") != std::string::npos)
        return "(no file name)";
    return file.substr(file.rfind('/') + 1);
}

up::Runner runner_of(const Invocation& invocation) {
    const auto& environment = invocation.sources.environment;
    return {.run_id = new_run_id(),
            .host = host_name(),
            .pod = variable(environment, "POD_NAME"),
            .command = name_of(invocation.migration.front()),
            .pg_options = variable(environment, "PGOPTIONS")};
}

struct MakeSession {
    const Dependency& dependency;
    const up::Runner& runner;

    std::unique_ptr<model::UpgradeSession> operator()(const config::PostgresTarget& target) const {
        const auto& settings = dependency.settings;
        return postgres::make_upgrade_session({.server = lock_server(settings, target),
                                               .tool = dependency.tool,
                                               .table = settings.table,
                                               .journal = settings.journal,
                                               .lock_name = settings.lock_name,
                                               .url = settings.lock_url.empty() ? "" : target.url,
                                               .name = name()});
    }
    std::unique_ptr<model::UpgradeSession> operator()(const config::SqliteTarget& target) const {
        const auto& settings = dependency.settings;
        return sqlite::make_upgrade_session({.file = target.file,
                                             .tool = dependency.tool,
                                             .table = settings.table,
                                             .journal = !settings.journal.empty(),
                                             .lock_name = settings.lock_name,
                                             .host = runner.host,
                                             .name = name()});
    }

    // PostgreSQL cuts it to 63 bytes; other roles see nothing else of us.
    std::string name() const {
        const auto& by = runner.pod.empty() ? runner.host : runner.pod;
        return model::printable("schemalatch upgrade by " + by + " pid " + std::to_string(getpid()));
    }
};

ExitCode tell(const std::string& name, const up::Result& result) {
    if (result.code == ExitCode::ready) {
        std::printf("%s satisfied: %s\n", name.c_str(), result.text.c_str());
    } else {
        log::error(name + ": " + result.text);
    }
    return result.code;
}

ExitCode refuse(const Dependency& dependency, const std::string& why) {
    log::error("dependency \"" + dependency.settings.name + "\": " + why);
    return ExitCode::config;
}

ExitCode upgrade_one(const Dependency& dependency, const Invocation& invocation, up::Guardian guardian) {
    if (dependency.tool == nullptr)
        return refuse(dependency, "tool: is \"auto\", and an upgrade must know whose table it is; name the tool");
    const Signals signals;
    up::RealPace pace{signals};
    const up::Task task{dependency.settings.name, dependency.requirement, dependency.settings.readers,
                        invocation.upgrade, runner_of(invocation)};
    const auto session = std::visit(MakeSession{dependency, task.runner}, dependency.target);
    return tell(task.name, up::upgrade(task, {*session, guardian, pace}));
}

}  // namespace

ExitCode upgrade(const Invocation& invocation) {
    if (invocation.migration.front().empty()) throw UsageError{"the command after -- is empty; name a program"};
    // Before any thread and any connection.
    auto guardian = up::Guardian::start(invocation.migration);
    if (!guardian) {
        log::error(guardian.error());
        return ExitCode::unavailable;
    }
    const auto configured = configure(invocation.sources);
    if (!configured) return ExitCode::config;
    if (configured->dependencies.size() != 1)
        throw UsageError{"several dependencies are configured; name the one to upgrade by --dependency"};
    return upgrade_one(configured->dependencies.front(), invocation, std::move(*guardian));
}

}  // namespace schemalatch::commands
