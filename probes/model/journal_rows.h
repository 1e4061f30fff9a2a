// What the rows of a journal mean, whichever database keeps it. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/model/revision_graph.h"
#include "probes/model/run.h"

namespace schemalatch::model {

using JournalField = std::optional<std::string>;  // nullopt: SQL NULL
using JournalRows = std::vector<std::vector<JournalField>>;

// Runs of one bookkeeping that a look takes.
inline constexpr std::size_t kNewestRuns = 5;

// Rows that one look takes of it, which is more than any project has. A look of more takes none.
inline constexpr std::size_t kMostJournalRows = 100'000;

// Columns: id, outcome, by whom, started at, milliseconds since then, milliseconds since it ended, exit code, digest,
// ended at. What was required comes apart. A row that is not what we write is passed over: it must not hide the others.
// nullopt: there are other columns.
std::optional<std::vector<Run>> runs_in(const JournalRows& rows);

// Pairs of a revision and one that it builds upon; NULL: it builds upon none. nullopt: there are more of them than we
// take, or they are not what we write.
std::optional<Parents> lineage_in(const JournalRows& rows);

// nullopt: it is none.
std::optional<std::int64_t> whole_number(const JournalField& field);

}  // namespace schemalatch::model
