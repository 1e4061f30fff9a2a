// What one look asks an open database.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/observation.h"
#include "probes/sqlite/database.h"
#include "probes/tools/recognise.h"

namespace schemalatch::sqlite {

// A code of our own beside SQLite's: the rows were read, and are not what the tool writes.
inline constexpr int kNotTheTools = -1;

using Answer = tl::expected<model::Observation, SqliteError>;

class Question {
public:
    virtual ~Question() = default;

    // All of an observation but its place.
    virtual Answer ask(sqlite3* database) const = 0;

    // What is asked, fit to stand before " in FILE"; and what may be wrong with it, fit to follow what it said.
    virtual std::string subject() const = 0;
    virtual std::string remedy() const = 0;
};

// Reads the rows of a tool that can be read in SQLite.
std::unique_ptr<Question> what_is_applied(tools::ToolPtr tool, const std::string& table);

// Looks for tables of tools, by their columns.
std::unique_ptr<Question> which_tools(tools::Suspects suspects);

}  // namespace schemalatch::sqlite
