#include "probes/sqlite/journal_file.h"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "probes/model/journal_rows.h"
#include "probes/model/printable.h"
#include "probes/sqlite/journal_contents.h"
#include "probes/sqlite/process.h"
#include "probes/sqlite/statement.h"

namespace schemalatch::sqlite {

namespace {

using model::Deadline;
using model::FailureKind;
using model::printable;
using model::ProbeFailure;
using model::Said;

constexpr const char* kTables =
    "CREATE TABLE version (lineage INTEGER NOT NULL);"
    "INSERT INTO version VALUES (0);"
    "CREATE TABLE run (id TEXT PRIMARY KEY, lock_name TEXT NOT NULL, tool TEXT NOT NULL, target_schema TEXT NOT NULL, "
    "target_table TEXT NOT NULL, digest TEXT NOT NULL, required TEXT NOT NULL, from_versions TEXT NOT NULL, "
    "to_versions TEXT, started_at TEXT NOT NULL, heartbeat_at TEXT NOT NULL, finished_at TEXT, host TEXT NOT NULL, "
    "pod TEXT, command TEXT NOT NULL, outcome TEXT, exit_code INTEGER, process TEXT NOT NULL);"
    "CREATE INDEX run_started_at ON run (started_at DESC);"
    "CREATE TABLE lineage (tool TEXT NOT NULL, target_schema TEXT NOT NULL, target_table TEXT NOT NULL, "
    "revision TEXT NOT NULL, parents TEXT NOT NULL, PRIMARY KEY (tool, target_schema, target_table, revision));";

std::string now() { return "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"; }

std::string json_text(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (code < 0x20) {
            quoted += std::string{"\\u00"} + kDigits[code >> 4] + kDigits[code & 15];
        } else {
            if (c == '"' || c == '\\') quoted += '\\';
            quoted += c;
        }
    }
    return quoted + '"';
}

std::string json_list(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) list += (list.empty() ? "" : ", ") + json_text(text);
    return "[" + list + "]";
}

Value text_or_null(const std::string& text) { return text.empty() ? Value{nullptr} : Value{text}; }

std::chrono::milliseconds time_span(const std::optional<std::string>& text) {
    return std::chrono::milliseconds{model::whole_number(text).value_or(0)};
}

// All that `action` does, or nothing. What fails is rolled back when the database is closed.
template <typename Action>
Tried<void> in_transaction(sqlite3* database, Action action) {
    if (auto begun = execute(database, "BEGIN IMMEDIATE"); !begun) return begun;
    if (auto done = action(); !done) return tl::make_unexpected(done.error());
    return execute(database, "COMMIT");
}

Tried<void> make_tables(sqlite3* database) {
    return in_transaction(database, [&] {
        return execute(database, kTables + ("PRAGMA application_id = " + std::to_string(kJournalMark)) +
                                     "; PRAGMA user_version = " + std::to_string(kJournalFormat));
    });
}

// That it can be written shows only when something is.
Tried<void> check_tables(sqlite3* database) {
    if (auto ours = check_mark(database); !ours) return ours;
    return in_transaction(database, [&] { return execute(database, "UPDATE version SET lineage = lineage"); });
}

}  // namespace

// Opens it, does it, and puts an error into words.
template <typename Action>
auto JournalFile::with(Absent absent, const Deadline& deadline, Action action) const
    -> Said<typename decltype(action(nullptr))::value_type> {
    if (auto checked = check_kind(); !checked) return tl::make_unexpected(checked.error());
    auto database = open_to_write(file_, absent, deadline);
    if (!database) return tl::make_unexpected(describe(database.error()));
    auto done = action(database->get());
    if (!done) return tl::make_unexpected(describe(done.error()));
    return done.map_error([](const SqliteError&) { return ProbeFailure{}; });
}

Said<void> JournalFile::check_kind() const {
    if (!is_no_file_of_its_own(file_)) return {};
    return tl::make_unexpected(
        ProbeFailure{FailureKind::unreadable, printable(file_.string()) + " is not a file of its own; move it away"});
}

ProbeFailure JournalFile::describe(const SqliteError& error) const {
    const auto file = printable(file_.string());
    switch (error.code) {
        case kNotOurs:
            return {FailureKind::unreadable, file + " is no journal of schemalatch; move it away"};
        case kOtherFormat:
            return {FailureKind::unreadable, file + " is of format " + error.message +
                                                 ", and this schemalatch writes format " +
                                                 std::to_string(kJournalFormat) + "; use the newer one"};
        default:
            break;
    }
    const auto text = file + ": " + printable(error.message);
    switch (error.code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_INTERRUPT:
            return {FailureKind::blocked, text + "; another program holds it for too long"};
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_IOERR:
        case SQLITE_FULL:
            return {FailureKind::denied, text + "; let our user write it and its folder, on a disk that has room"};
        default:
            return {FailureKind::unreadable, text + "; if it is damaged, move it away"};
    }
}

Said<void> JournalFile::create(const Deadline& deadline) const {
    return with(Absent::is_created, deadline, [](sqlite3* database) -> Tried<void> {
        const auto anything = run(database, "SELECT 1 FROM sqlite_master LIMIT 1");
        if (!anything) return tl::make_unexpected(anything.error());
        return anything->empty() ? make_tables(database) : check_tables(database);
    });
}

Said<std::vector<model::Predecessor>> JournalFile::unfinished(const Deadline& deadline) const {
    constexpr std::chrono::hours kLong{24};
    const auto rows = with(Absent::is_an_error, deadline, [&](sqlite3* database) {
        return run(database,
                   "SELECT id, coalesce(pod, host), coalesce(" + milliseconds_since("heartbeat_at") +
                       ", ?2), process "
                       "FROM run WHERE finished_at IS NULL AND lock_name = ?1 ORDER BY started_at DESC LIMIT 100",
                   {lock_name_, std::int64_t{std::chrono::milliseconds{kLong}.count()}});
    });
    if (!rows) return tl::make_unexpected(rows.error());
    std::vector<model::Predecessor> found;
    for (const auto& row : *rows)
        found.push_back(
            {row[0].value_or(""), row[1].value_or(""), time_span(row[2]), is_process_alive(row[3].value_or(""))});
    return found;
}

Said<std::vector<model::Run>> JournalFile::newest_runs(const Deadline& deadline) const {
    return with(Absent::is_an_error, deadline,
                [&](sqlite3* database) { return sqlite::newest_runs(database, target_); });
}

Said<std::shared_ptr<const model::Parents>> JournalFile::lineage(const Deadline& deadline) const {
    auto parents =
        with(Absent::is_an_error, deadline, [&](sqlite3* database) { return known_lineage(database, target_); });
    if (!parents) return tl::make_unexpected(parents.error());
    return parents->empty() ? nullptr : std::make_shared<const model::Parents>(std::move(*parents));
}

// Written anew only where it differs: the counter tells readers that there is something to read.
Said<void> JournalFile::write_lineage(const model::Parents& parents, const Deadline& deadline) const {
    const auto write_all = [&](sqlite3* database) -> Tried<void> {
        int changes = 0;
        for (const auto& [revision, above] : parents) {
            const auto written =
                run(database,
                    "INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET parents = "
                    "excluded.parents WHERE parents <> excluded.parents",
                    {target_.tool, target_.schema, target_.table, revision, json_list(above)});
            if (!written) return tl::make_unexpected(written.error());
            changes += sqlite3_changes(database);
        }
        if (changes == 0) return {};
        return execute(database, "UPDATE version SET lineage = lineage + 1");
    };
    return with(Absent::is_an_error, deadline,
                [&](sqlite3* database) { return in_transaction(database, [&] { return write_all(database); }); });
}

Said<void> JournalFile::begin(const model::NewRun& new_run, const Deadline& deadline) const {
    const auto write = [&](sqlite3* database) -> Tried<Rows> {
        auto ended = run(database,
                         "UPDATE run SET outcome = 'vanished', finished_at = heartbeat_at "
                         "WHERE finished_at IS NULL AND lock_name = ?1",
                         {lock_name_});
        if (!ended) return ended;
        return run(database,
                   "INSERT INTO run (id, lock_name, tool, target_schema, target_table, digest, required, "
                   "from_versions, started_at, heartbeat_at, host, pod, command, process) VALUES (?1, ?2, ?3, ?4, ?5, "
                   "?6, ?7, ?8, " +
                       now() + ", " + now() + ", ?9, ?10, ?11, ?12)",
                   {new_run.id, lock_name_, target_.tool, target_.schema, target_.table, new_run.digest,
                    json_list(new_run.required), json_list(new_run.from), new_run.host, text_or_null(new_run.pod),
                    new_run.command, own_process()});
    };
    return with(Absent::is_an_error, deadline,
                [&](sqlite3* database) { return in_transaction(database, [&] { return write(database); }); });
}

// Without waiting for the disk, which the command may keep busy for longer than we may be silent.
Said<void> JournalFile::beat(const std::string& id, const Deadline& deadline) const {
    return with(Absent::is_an_error, deadline, [&](sqlite3* database) -> Tried<void> {
        if (auto quick = execute(database, "PRAGMA synchronous = OFF"); !quick) return quick;
        const auto beaten = run(database, "UPDATE run SET heartbeat_at = " + now() + " WHERE id = ?1", {id});
        return beaten ? Tried<void>{} : tl::make_unexpected(beaten.error());
    });
}

Said<void> JournalFile::end(const std::string& id, const model::RunEnd& run_end, const Deadline& deadline) const {
    const Value exit_code = run_end.exit_code ? Value{std::int64_t{*run_end.exit_code}} : Value{nullptr};
    return with(Absent::is_an_error, deadline, [&](sqlite3* database) -> Tried<void> {
        const auto ended = run(database,
                               "UPDATE run SET heartbeat_at = " + now() + ", finished_at = " + now() +
                                   ", outcome = ?2, exit_code = ?3, to_versions = ?4 WHERE id = ?1",
                               {id, std::string{to_string(run_end.outcome)}, exit_code, json_list(run_end.to)});
        return ended ? Tried<void>{} : tl::make_unexpected(ended.error());
    });
}

}  // namespace schemalatch::sqlite
