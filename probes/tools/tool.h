// A migration tool, described as data. The next tool is one new file beside this one and one line in catalogue.cpp.
// Facts are from the tools' own sources. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probes/model/bookkeeping.h"

namespace schemalatch::tools {

// Where a bookkeeping table was found; what a tool may build its lock key from.
struct TableLocation {
    std::string database;
    std::string schema;
    std::string table;
};

// How a tool is read in one database's dialect.
struct Dialect {
    // A SELECT with exactly three columns: the id; its mark, one of model::Mark's names; and what tells the order in
    // which the tool wrote the rows, ascending. "{table}" stands for the quoted, qualified table. The adapters add what
    // bounds its size and time.
    std::string select;

    // Where the tool holds a PostgreSQL advisory lock (one bigint key) while it runs: the keys that it may have taken.
    std::vector<std::int64_t> (*advisory_locks)(const TableLocation&) = nullptr;
};

struct Tool {
    model::Bookkeeping books;
    std::string summary;               // one line for the catalogue
    std::string table;                 // default name of the bookkeeping table
    std::vector<std::string> columns;  // what a table must have to be this tool's; more is no objection
    std::size_t most_rows = 1;         // a table with more rows than this is not this tool's
    std::string dirty_means;           // what a dirty row is, for the catalogue; empty: the tool records no failures
    std::optional<Dialect> postgres;
    std::optional<Dialect> sqlite;

    const std::string& name() const { return books.tool; }
};

// Shared by all who look for it; those of the catalogue are there for ever.
using ToolPtr = std::shared_ptr<const Tool>;

}  // namespace schemalatch::tools
