#include "sidecar/lock_look.h"

#include <exception>
#include <variant>

#include "probes/postgres/upgrade_lock.h"
#include "probes/sqlite/upgrade_lock.h"

namespace schemalatch {

namespace {

struct LookAtLock {
    const config::DependencySettings& settings;
    const model::Deadline& deadline;

    model::LockLook operator()(const config::PostgresTarget& target) const {
        return postgres::look_at_lock(lock_server(settings, target), settings.lock_name, deadline);
    }
    model::LockLook operator()(const config::SqliteTarget& target) const {
        return sqlite::look_at_lock(target.file, settings.lock_name);
    }
};

}  // namespace

postgres::PostgresSettings lock_server(const config::DependencySettings& settings,
                                       const config::PostgresTarget& target) {
    const auto& url = settings.lock_url;
    return {.url = url.empty() ? target.url : std::get<config::PostgresTarget>(*config::parse_target(url)).url,
            .password_file = settings.password_file,
            .schema = settings.schema.empty() ? target.schema : settings.schema};
}

// The process may be out of memory or threads: no reason to give up a status.
model::LockLook look_at_lock(const Dependency& dependency, const model::Deadline& deadline) {
    try {
        return std::visit(LookAtLock{dependency.settings, deadline}, dependency.target);
    } catch (const std::exception& error) {
        return tl::make_unexpected(model::ProbeFailure{model::FailureKind::unreachable, error.what()});
    }
}

}  // namespace schemalatch
