// Looks into a SQLite database file without ever creating, changing or recovering anything.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "probes/model/probe.h"
#include "probes/tools/recognise.h"
#include "probes/tools/tool.h"

namespace schemalatch::sqlite {

// Both keep nothing between looks: opening a file is cheap, and a descriptor kept open would pin a database that was
// replaced. `file` is absolute.

// Reads the table of a tool that can be read in SQLite; `table`: its name, if it is not the tool's own.
std::unique_ptr<model::Probe> make_sqlite_probe(std::filesystem::path file, tools::ToolPtr tool,
                                                const std::string& table);

// Looks for the tools whose tables are there, and reads none of them.
std::unique_ptr<model::Probe> make_sqlite_recogniser(std::filesystem::path file, tools::Suspects suspects);

}  // namespace schemalatch::sqlite
