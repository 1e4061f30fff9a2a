#include "probes/sqlite/journal_contents.h"

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "probes/model/journal_rows.h"
#include "probes/tools/select.h"

namespace schemalatch::sqlite {

namespace {

// What is taken of a text: enough for whatever we write.
std::string bounded(const std::string& text) {
    return "substr(" + text + ", 1, " + std::to_string(tools::kLongestId) + ")";
}

std::string instant(const std::string& column) { return "strftime('%Y-%m-%dT%H:%M:%SZ', " + column + ")"; }

std::string newest_runs_sql() {
    const auto limit = std::chrono::milliseconds{model::kHeartbeatLimit}.count();
    return "SELECT " + bounded("id") + ", coalesce(" + bounded("outcome") + ", CASE WHEN " +
           milliseconds_since("heartbeat_at") + " <= " + std::to_string(limit) +
           " THEN 'running' ELSE 'vanished' END), " + bounded("coalesce(pod, host)") + ", " + instant("started_at") +
           ", " + milliseconds_since("started_at") + ", " + milliseconds_since("finished_at") + ", exit_code, " +
           bounded("digest") + ", " + instant("finished_at") +
           " FROM run WHERE tool = ?1 AND target_schema = ?2 AND target_table = ?3 "
           "ORDER BY started_at DESC, rowid DESC LIMIT " +
           std::to_string(model::kNewestRuns);
}

std::string required_sql() {
    return "SELECT " + bounded("value") +
           " FROM run, json_each(run.required) WHERE run.id = ?1 ORDER BY json_each.key LIMIT " +
           std::to_string(model::kMostJournalRows + 1);
}

std::string known_lineage_sql() {
    return "SELECT " + bounded("l.revision") + ", " + bounded("p.value") +
           " FROM lineage AS l LEFT JOIN json_each(l.parents) AS p "
           "WHERE l.tool = ?1 AND l.target_schema = ?2 AND l.target_table = ?3 LIMIT " +
           std::to_string(model::kMostJournalRows + 1);
}

Tried<std::int64_t> number_of(sqlite3* database, const std::string& sql) {
    const auto rows = run(database, sql);
    if (!rows) return tl::make_unexpected(rows.error());
    return rows->empty() || rows->front().empty() ? 0 : model::whole_number(rows->front().front()).value_or(0);
}

tl::unexpected<SqliteError> not_what_we_write() {
    return tl::make_unexpected(SqliteError{kNotWhatWeWrite, "its rows are not what we write"});
}

Tried<std::vector<std::string>> required_of(sqlite3* database, const std::string& id) {
    const auto rows = run(database, required_sql(), {id});
    if (!rows) return tl::make_unexpected(rows.error());
    if (rows->size() > model::kMostJournalRows) return not_what_we_write();
    std::vector<std::string> required;
    for (const auto& row : *rows) required.push_back(row[0].value_or(""));
    return required;
}

}  // namespace

bool is_no_file_of_its_own(const std::filesystem::path& file) {
    struct stat status {};
    return lstat(file.c_str(), &status) == 0 && (!S_ISREG(status.st_mode) || status.st_nlink != 1);
}

Tried<void> check_mark(sqlite3* database) {
    const auto mark = number_of(database, "PRAGMA application_id");
    if (!mark) return tl::make_unexpected(mark.error());
    if (*mark != kJournalMark) return tl::make_unexpected(SqliteError{kNotOurs, ""});
    const auto format = number_of(database, "PRAGMA user_version");
    if (!format) return tl::make_unexpected(format.error());
    if (*format != kJournalFormat) return tl::make_unexpected(SqliteError{kOtherFormat, std::to_string(*format)});
    return {};
}

Tried<std::vector<model::Run>> newest_runs(sqlite3* database, const model::Target& target) {
    const auto rows = run(database, newest_runs_sql(), {target.tool, target.schema, target.table});
    if (!rows) return tl::make_unexpected(rows.error());
    auto runs = model::runs_in(*rows);
    if (!runs) return not_what_we_write();
    for (auto& it : *runs) {
        auto required = required_of(database, it.id);
        if (!required) return tl::make_unexpected(required.error());
        it.required = std::move(*required);
    }
    return std::move(*runs);
}

Tried<model::Parents> known_lineage(sqlite3* database, const model::Target& target) {
    const auto rows = run(database, known_lineage_sql(), {target.tool, target.schema, target.table});
    if (!rows) return tl::make_unexpected(rows.error());
    if (rows->size() > model::kMostJournalRows) return tl::make_unexpected(SqliteError{SQLITE_TOOBIG, "too many rows"});
    auto lineage = model::lineage_in(*rows);
    if (!lineage) return not_what_we_write();
    return std::move(*lineage);
}

// A clock that was set back must keep nobody waiting until it has caught up.
std::string milliseconds_since(const std::string& column) {
    return "CAST(round(abs(julianday('now') - julianday(" + column + ")) * 86400000) AS INTEGER)";
}

}  // namespace schemalatch::sqlite
