// A migration tool, described as data. The next tool is one new file beside this one and one line in catalogue.cpp.
// Facts are from the tools' own sources. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace schemalatch::tools {

enum class Ordering {
    number,  // One current number: at least means not lower.
    graph,   // The current heads of a graph of revisions: at least means equal or a descendant.
};

// Where a bookkeeping table was found; what a tool may build its lock key from.
struct TableLocation {
    std::string database;
    std::string schema;
    std::string table;
};

// How a tool is read in one database's dialect.
struct Dialect {
    // A SELECT with exactly two columns: the id, and whether that row is dirty (a boolean). "{table}" stands for the
    // quoted, qualified table. The adapters add what bounds its size and time.
    std::string_view select;

    // Where the tool holds a PostgreSQL advisory lock (one bigint key) while it runs: the keys that it may have taken.
    std::vector<std::int64_t> (*advisory_locks)(const TableLocation&) = nullptr;
};

struct Tool {
    std::string_view name;
    std::string_view summary;               // one line for the catalogue
    std::string_view table;                 // default name of the bookkeeping table
    std::vector<std::string_view> columns;  // what a table must have to be this tool's; more is no objection
    Ordering ordering;
    std::size_t most_rows;         // a table with more rows than this is not this tool's
    std::string_view dirty_means;  // what a dirty row is, for the catalogue; empty: the tool records no failures
    std::optional<Dialect> postgres;
    std::optional<Dialect> sqlite;
};

}  // namespace schemalatch::tools
