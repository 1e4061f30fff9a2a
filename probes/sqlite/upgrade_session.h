// An upgrade's session at a SQLite database: a lock file and a journal beside it, nothing of ours inside.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "probes/model/upgrade_session.h"
#include "probes/tools/tool.h"

namespace schemalatch::sqlite {

struct UpgradeSettings {
    std::filesystem::path file;  // any spelling of it; need not be there yet, but for its folder
    tools::ToolPtr tool;
    std::string table;      // if it is not the tool's own
    bool journal = true;    // whether to keep one
    std::string lock_name;  // narrows the lock; empty: one for the whole database
    std::string host;
    std::string name;  // by which people know this runner
};

std::unique_ptr<model::UpgradeSession> make_upgrade_session(UpgradeSettings settings);

}  // namespace schemalatch::sqlite
