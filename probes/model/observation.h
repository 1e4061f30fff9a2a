// What one look at a dependency saw, or why it could not see. Plain values; pure.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::model {

enum class Mark {
    clean,  // The migration is recorded as applied.
    dirty,  // The migration was begun and is not recorded as finished: it failed, or it is still running.
};

// One row of the bookkeeping table, in the terms that every tool shares.
struct Row {
    std::string id;
    Mark mark = Mark::clean;
};

enum class ToolLock {
    none,  // The tool takes no lock that could be looked for, or nothing was dirty, so nobody looked.
    free,  // A row is dirty and nobody holds the tool's own lock: it has failed.
    held,  // A row is dirty and somebody holds the tool's own lock: it is still running.
};

struct Observation {
    bool primary = true;     // false: a standby answered, which may lag. Databases without standbys say true.
    bool has_table = false;  // whether the bookkeeping table exists where it was looked for
    std::string table;       // name of the bookkeeping table, as it was looked for
    std::vector<Row> rows;   // of the bookkeeping table; empty where there is none
    ToolLock tool_lock = ToolLock::none;
    std::string note = {};  // for people: what else may explain that there is no table; empty: nothing
    std::string
        place;  // for people: where it was looked for: `database "orders" (role "ro", schemas searched: public)`
};

enum class FailureKind {
    unreachable,  // No connection, or no answer before the deadline.
    denied,       // The login or a permission was refused; the detail says which GRANT is missing.
    blocked,      // The bookkeeping table is locked: a migration is running.
    unreadable,   // The table, or the file, does not hold what the tool writes.
    ambiguous,    // More than one table fits; which is meant must be configured.
};

struct ProbeFailure {
    FailureKind kind;
    std::string detail;        // one line for people: what is wrong, then what to do; never a secret
    bool interrupted = false;  // the process was told to stop during the look, which therefore says nothing
};

using Look = tl::expected<Observation, ProbeFailure>;

}  // namespace schemalatch::model
