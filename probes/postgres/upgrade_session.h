// An upgrade's session at a PostgreSQL server: a session advisory lock, and the journal in a schema of its own.
#pragma once

#include <memory>
#include <string>

#include "probes/model/upgrade_session.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/tools/tool.h"

namespace schemalatch::postgres {

struct UpgradeSettings {
    PostgresSettings server;  // with the URL of the lock, where that is another one
    tools::ToolPtr tool;
    std::string table;      // if it is not the tool's own
    std::string journal;    // schema of our own tables; empty: none
    std::string lock_name;  // narrows the lock; empty: one for the whole database
    std::string url;        // what the application uses, where the lock has a URL of its own; else empty
    std::string name;       // by which other sessions see this one: application_name
};

std::unique_ptr<model::UpgradeSession> make_upgrade_session(UpgradeSettings settings);

}  // namespace schemalatch::postgres
