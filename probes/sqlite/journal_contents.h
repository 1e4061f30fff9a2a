// What an open journal of a SQLite database tells.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <vector>

#include "probes/model/revision_graph.h"
#include "probes/model/run.h"
#include "probes/sqlite/statement.h"

namespace schemalatch::sqlite {

// What this binary writes, in PRAGMA user_version. A journal of another format is left alone.
inline constexpr int kJournalFormat = 1;

// "slat", in PRAGMA application_id: what is not marked so is not ours.
inline constexpr int kJournalMark = 0x736C6174;

// Codes of our own beside SQLite's: no journal of ours, one of another format (the message is its number), and one
// whose rows are not what we write.
inline constexpr int kNotOurs = -2;
inline constexpr int kOtherFormat = -3;
inline constexpr int kNotWhatWeWrite = -4;

// Whether something else stands where a journal should: a link, a pipe, another name of some file. SQLite would open a
// pipe, and wait for ever. False where nothing stands.
bool is_no_file_of_its_own(const std::filesystem::path& file);

// The error is kNotOurs or kOtherFormat, or SQLite's.
Tried<void> check_mark(sqlite3* database);

// Of one bookkeeping, the newest first, with all that was required.
Tried<std::vector<model::Run>> newest_runs(sqlite3* database, const model::Target& target);

// Of one bookkeeping. SQLITE_TOOBIG: there is more of it than we take.
Tried<model::Parents> known_lineage(sqlite3* database, const model::Target& target);

// SQL of the milliseconds between a column's instant and now.
std::string milliseconds_since(const std::string& column);

}  // namespace schemalatch::sqlite
