// Looks into a SQLite database file without ever creating, changing or recovering anything.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "probes/model/probe.h"
#include "probes/tools/tool.h"

namespace schemalatch::sqlite {

struct SqliteSettings {
    std::filesystem::path file;  // absolute
    const tools::Tool* tool;     // reads SQLite
    std::string table;           // empty: the tool's own
};

// Keeps nothing between looks: opening a file is cheap, and a descriptor kept open would pin a database that was
// replaced.
std::unique_ptr<model::Probe> make_sqlite_probe(SqliteSettings settings);

}  // namespace schemalatch::sqlite
