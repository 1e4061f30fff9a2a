// What one look at a dependency saw, or why it could not see. Plain values; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/bookkeeping.h"
#include "probes/model/journal.h"

namespace schemalatch::model {

// What a row of the bookkeeping table says of its migration.
enum class Mark {
    clean,        // It is recorded as applied.
    dirty,        // It was begun and is not recorded as finished: it failed, or it is still running.
    undone,       // It was taken back: rows of the same id that stand before this one count no more.
    deleted,      // Its file is gone and the tool has struck it off: as if undone, but what it did is still there.
    half_undone,  // Taking it back was begun and is not recorded as finished: they count no more, and it is dirty.
    baseline,     // The tool took over a database that has it, and all that stands before it in the order of ids.
};

// "clean", "dirty" and so on; nullopt: it is no mark.
std::optional<Mark> parse_mark(std::string_view text);

std::string_view to_string(Mark mark);

// Whether something was begun and has not ended well.
bool is_dirty(Mark mark);

// The names of all marks of which that is so.
std::vector<std::string_view> dirty_marks();

// One row of the bookkeeping table, in the terms that every tool shares.
struct Row {
    std::string id;
    Mark mark = Mark::clean;

    bool is_dirty() const { return model::is_dirty(mark); }
};

enum class ToolLock {
    none,  // The tool takes no lock that could be looked for, or nothing was dirty, so nobody looked.
    free,  // A row is dirty and nobody holds the tool's own lock: it has failed.
    held,  // A row is dirty and somebody holds the tool's own lock: it is still running.
};

// A table that has the columns of a tool's.
struct Trace {
    std::string tool;
    std::string schema;  // empty where there are none
    std::string table;
};

struct Observation {
    bool primary = true;     // false: a standby answered, which may lag. Databases without standbys say true.
    bool has_table = false;  // whether the bookkeeping table exists where it was looked for
    std::string table;       // name of the bookkeeping table, as it was looked for
    std::vector<Row> rows;   // of the bookkeeping table, as the tool wrote them one after the other; empty where
                             // there is none
    ToolLock tool_lock = ToolLock::none;
    Bookkeeping books = {};          // of the tool whose table it is
    std::vector<Trace> traces = {};  // of a look that was to find out which tool there is, and read no rows
    std::string note = {};           // for people: what else may explain that there is no table; empty: nothing
    std::string
        place;  // for people: where it was looked for: `database "orders" (role "ro", schemas searched: public)`
    JournalPtr journal = nullptr;  // null: nothing was learnt of it
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
    std::string detail;            // one line for people: what is wrong, then what to do; never a secret
    bool interrupted = false;      // the process was told to stop during the look, which therefore says nothing
    JournalPtr journal = nullptr;  // as in an observation: who may not read the table may still learn of a run
};

using Look = tl::expected<Observation, ProbeFailure>;

}  // namespace schemalatch::model
