// The SQL of the journal: our own tables, in a schema of our own. Pure.
//
// Every statement here stands in a batch that begins with journal_limits_sql(): names and operators are PostgreSQL's
// own, whatever the role's search_path says.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "probes/model/revision_graph.h"
#include "probes/model/run.h"
#include "probes/model/upgrade_session.h"

namespace schemalatch::postgres {

// What this binary writes. A journal of a higher format is left alone.
inline constexpr int kJournalFormat = 1;

// A text as a value, whatever it holds. Bytes that are not UTF-8 become \xNN.
std::string text_literal(std::string_view text);

std::string journal_limits_sql(std::chrono::milliseconds left);

// As above, for a look: read-only, and giving up early, on a lock at once.
std::string journal_reading_limits_sql(std::chrono::milliseconds left);

// At most one row: what belongs to a stranger, as kind (SCHEMA or TABLE), thing and owner, both quoted as SQL has it.
// Whoever may create a schema could have made a journal whose triggers, rules or defaults run as the role that writes
// it. So it is written only where schema and tables belong to this role, to one that it may act as, to the database's
// owner or to a superuser. Those it must trust anyway.
std::string journal_strangers_sql(const std::string& schema);

// One statement a line, for a DBA to read; `schema` as it is called. Nothing is written, and no index built, before it
// has seen that nothing belongs to a stranger: in the same transaction, in which nobody can replace what it found.
std::string journal_ddl(const std::string& schema);

// Rights that `role` needs to read the journal.
std::string journal_grants(const std::string& schema, const std::string& role);

// One row: whether the tables are there, may be read, and may be written. Tables are none of ours where a column has a
// type that is not PostgreSQL's own: reading it could run somebody's function as our role.
std::string journal_presence_sql(const std::string& schema);
std::string journal_format_sql(const std::string& schema);

// Rows: id, who, milliseconds from its heartbeat, whether a session with its id is active, and its pid.
std::string unfinished_sql(const std::string& schema, const std::string& lock_name);

// The newest run first, as model::runs_in() takes them, bounded whatever the tables hold. What was required never
// changes: required_sql() is asked for the runs that are not known yet.
std::string newest_runs_sql(const std::string& schema, const model::Target& target);
std::string required_sql(const std::string& schema, const std::vector<std::string>& ids);

// As model::lineage_in() takes it.
std::string known_lineage_sql(const std::string& schema, const model::Target& target);

// begin_sql() and end_sql() give one row if the run was written down.
std::string begin_sql(const std::string& schema, const std::string& lock_name, const model::Target& target,
                      const model::NewRun& run);
std::string beat_sql(const std::string& schema, const std::string& id);
std::string end_sql(const std::string& schema, const std::string& id, const model::RunEnd& end);

std::string lineage_sql(const std::string& schema, const model::Target& target, const model::Parents& parents);

}  // namespace schemalatch::postgres
