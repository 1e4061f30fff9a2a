// Looks into a SQLite database file without ever creating, changing or recovering anything, and into the journal beside
// it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "probes/model/probe.h"
#include "probes/tools/recognise.h"
#include "probes/tools/tool.h"

namespace schemalatch::sqlite {

struct SqliteSettings {
    std::filesystem::path file;  // absolute
    bool journal = true;         // whether to read the one beside it
};

// Both keep no file open between looks: opening one is cheap, and a descriptor kept open would pin a database that was
// replaced.

// Reads the table of a tool that can be read in SQLite; `table`: its name, if it is not the tool's own. Then, in what
// is left of the time, the journal.
std::unique_ptr<model::Probe> make_sqlite_probe(SqliteSettings settings, tools::ToolPtr tool, const std::string& table);

// Looks for the tools whose tables are there, and reads none of them.
std::unique_ptr<model::Probe> make_sqlite_recogniser(std::filesystem::path file, tools::Suspects suspects);

}  // namespace schemalatch::sqlite
