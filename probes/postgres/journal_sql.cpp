#include "probes/postgres/journal_sql.h"

#include <algorithm>

#include "probes/model/journal_rows.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using tools::quote_identifier;

// Below it all types are PostgreSQL's own, by its FirstNormalObjectId.
constexpr int kFirstOwnType = 16384;

std::string table(const std::string& schema, std::string_view name) {
    return quote_identifier(schema) + "." + std::string{name};
}

std::string array_literal(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) list += (list.empty() ? "" : ",") + text_literal(text);
    return "ARRAY[" + list + "]::text[]";
}

std::string milliseconds_since(const std::string& column) {
    return "(extract(epoch FROM clock_timestamp() - " + column + ") * 1000)::int8";
}

std::string milliseconds(std::chrono::milliseconds time) { return "'" + std::to_string(time.count()) + "ms'"; }

// Before the first migration nobody knows where the tool will put its table.
std::string same_target(const model::Target& target) {
    std::string same = "tool = " + text_literal(target.tool) + " AND target_table = " + text_literal(target.table);
    if (!target.schema.empty()) same += " AND target_schema IN ('', " + text_literal(target.schema) + ")";
    return same;
}

// What a look takes of a text: enough for whatever we write.
std::string bounded(std::string_view text) {
    return "\"left\"(" + std::string{text} + ", " + std::to_string(tools::kLongestId) + ")";
}

std::string instant(std::string_view column) {
    return "to_char(" + std::string{column} + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
}

// The newest few of a bookkeeping.
std::string newest(const std::string& schema, const model::Target& target) {
    return "(SELECT * FROM " + table(schema, "run") + " WHERE " + same_target(target) +
           " ORDER BY started_at DESC LIMIT " + std::to_string(model::kNewestRuns) + ") AS r";
}

std::string number_or_null(const std::optional<int>& number) { return number ? std::to_string(*number) : "NULL"; }

}  // namespace

std::string text_literal(std::string_view text) {
    std::string quoted = "E'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += c;  // not \', which a server with backslash_quote=off refuses
        quoted += c;
    }
    return quoted + "'";
}

// Each of a few statements must have failed before the client gives up: that would cost the session.
std::string journal_limits_sql(std::chrono::milliseconds left) {
    constexpr std::chrono::milliseconds kShortest{1};
    return "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL statement_timeout = " +
           milliseconds(std::max(kShortest, left / 3)) +
           "; SET LOCAL lock_timeout = " + milliseconds(std::max(kShortest, left / 6)) + "; ";
}

// row_security: a policy would be somebody's function, run as our role.
std::string journal_reading_limits_sql(std::chrono::milliseconds left) {
    constexpr std::chrono::milliseconds kShortest{1};
    constexpr std::chrono::milliseconds kLongestLockWait{100};
    return "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL statement_timeout = " +
           milliseconds(std::max(kShortest, left * 9 / 10)) +
           "; SET LOCAL lock_timeout = " + milliseconds(std::max(kShortest, std::min(kLongestLockWait, left / 2))) +
           "; SET TRANSACTION READ ONLY; SET LOCAL row_security = off; ";
}

std::string journal_ddl(const std::string& schema) {
    const auto in = [&](std::string_view name) { return table(schema, name); };
    return "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(schema) + ";\n" + "CREATE TABLE IF NOT EXISTS " +
           in("version") + " (format int4 NOT NULL, lineage int8 NOT NULL);\n" + "INSERT INTO " + in("version") +
           " SELECT " + std::to_string(kJournalFormat) + ", 0 WHERE NOT EXISTS (SELECT FROM " + in("version") + ");\n" +
           "CREATE TABLE IF NOT EXISTS " + in("run") +
           " (id text PRIMARY KEY, lock_name text NOT NULL, tool text NOT NULL, target_schema text NOT NULL, "
           "target_table text NOT NULL, digest text NOT NULL, required text[] NOT NULL, "
           "from_versions text[] NOT NULL, to_versions text[], started_at timestamptz NOT NULL, "
           "heartbeat_at timestamptz NOT NULL, finished_at timestamptz, host text NOT NULL, pod text, "
           "command text NOT NULL, outcome text, exit_code int4);\n" +
           "CREATE INDEX IF NOT EXISTS run_started_at ON " + in("run") + " (started_at DESC);\n" +
           "CREATE TABLE IF NOT EXISTS " + in("lineage") +
           " (tool text NOT NULL, target_schema text NOT NULL, target_table text NOT NULL, revision text NOT NULL, "
           "parents text[] NOT NULL, PRIMARY KEY (tool, target_schema, target_table, revision));\n";
}

std::string journal_grants(const std::string& schema, const std::string& role) {
    const std::string to = " TO " + quote_identifier(role) + ";\n";
    return "GRANT USAGE ON SCHEMA " + quote_identifier(schema) + to + "GRANT SELECT ON " + table(schema, "version") +
           ", " + table(schema, "run") + ", " + table(schema, "lineage") + to;
}

// Asked of the catalogue: a statement that fails leaves a line in the server's log for each look.
std::string journal_presence_sql(const std::string& schema) {
    return "SELECT count(*) = 3, "
           "coalesce(bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') "
           "AND NOT row_security_active(c.oid)), false), "
           "coalesce(bool_and(has_schema_privilege(n.oid, 'USAGE') AND "
           "has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE')), false) "
           "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = " +
           text_literal(schema) +
           " AND c.relname IN ('version', 'run', 'lineage') AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM "
           "pg_attribute a "
           "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= " +
           std::to_string(kFirstOwnType) + "::oid); ";
}

std::string journal_format_sql(const std::string& schema) {
    return "SELECT format, lineage FROM " + table(schema, "version") + " LIMIT 2; ";
}

// Whose state is hidden from us, or not tracked, may be at work.
std::string unfinished_sql(const std::string& schema, const std::string& lock_name) {
    return "SELECT id, coalesce(pod, host), " + milliseconds_since("heartbeat_at") +
           ", EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() "
           "AND strpos(a.application_name, r.id) > 0 AND coalesce(a.state, '') <> 'idle') FROM " +
           table(schema, "run") + " r WHERE finished_at IS NULL AND lock_name = " + text_literal(lock_name) +
           " ORDER BY started_at DESC LIMIT 100; ";
}

std::string newest_runs_sql(const std::string& schema, const model::Target& target) {
    return "SELECT " + bounded("id") + ", coalesce(" + bounded("outcome") +
           ", CASE WHEN NOT pg_is_in_recovery() AND clock_timestamp() - heartbeat_at > " +
           milliseconds(model::kHeartbeatLimit) + "::interval THEN 'vanished' ELSE 'running' END), " +
           bounded("coalesce(pod, host)") + ", " + instant("started_at") + ", " + milliseconds_since("started_at") +
           ", " + milliseconds_since("finished_at") + ", exit_code, " + bounded("digest") + ", " +
           instant("finished_at") + " FROM " + newest(schema, target) + "; ";
}

std::string required_sql(const std::string& schema, const std::vector<std::string>& ids) {
    return "SELECT id, " + bounded("unnest(required)") + " FROM " + table(schema, "run") + " WHERE id = ANY(" +
           array_literal(ids) + ") LIMIT " + std::to_string(model::kMostJournalRows + 1) + "; ";
}

// What was written before anybody knew the schema yields to what was written since.
std::string known_lineage_sql(const std::string& schema, const model::Target& target) {
    return "SELECT " + bounded("l.revision") + ", " + bounded("p.parent") +
           " FROM (SELECT DISTINCT ON (revision) revision, parents FROM " + table(schema, "lineage") + " WHERE " +
           same_target(target) +
           " ORDER BY revision, target_schema DESC) AS l LEFT JOIN LATERAL unnest(l.parents) AS "
           "p (parent) ON true LIMIT " +
           std::to_string(model::kMostJournalRows + 1) + "; ";
}

std::string begin_sql(const std::string& schema, const std::string& lock_name, const model::Target& target,
                      const model::NewRun& run) {
    return "UPDATE " + table(schema, "run") +
           " SET outcome = 'vanished', finished_at = heartbeat_at WHERE finished_at IS NULL AND lock_name = " +
           text_literal(lock_name) + "; INSERT INTO " + table(schema, "run") +
           " (id, lock_name, tool, target_schema, target_table, digest, required, from_versions, started_at, "
           "heartbeat_at, host, pod, command) VALUES (" +
           text_literal(run.id) + ", " + text_literal(lock_name) + ", " + text_literal(target.tool) + ", " +
           text_literal(target.schema) + ", " + text_literal(target.table) + ", " + text_literal(run.digest) + ", " +
           array_literal(run.required) + ", " + array_literal(run.from) + ", clock_timestamp(), clock_timestamp(), " +
           text_literal(run.host) + ", nullif(" + text_literal(run.pod) + ", ''), " + text_literal(run.command) + "); ";
}

std::string beat_sql(const std::string& schema, const std::string& id) {
    return "UPDATE " + table(schema, "run") + " SET heartbeat_at = clock_timestamp() WHERE id = " + text_literal(id) +
           "; ";
}

std::string end_sql(const std::string& schema, const std::string& id, const model::RunEnd& end) {
    return "UPDATE " + table(schema, "run") +
           " SET heartbeat_at = clock_timestamp(), finished_at = clock_timestamp(), outcome = " +
           text_literal(to_string(end.outcome)) + ", exit_code = " + number_or_null(end.exit_code) +
           ", to_versions = " + array_literal(end.to) + " WHERE id = " + text_literal(id) + "; ";
}

// Written anew only where it differs: the counter tells readers that there is something to read.
std::string lineage_sql(const std::string& schema, const model::Target& target, const model::Parents& parents) {
    std::string rows;
    for (const auto& [revision, above] : parents)
        rows += (rows.empty() ? "(" : ", (") + text_literal(revision) + ", " + array_literal(above) + ")";
    const std::string lineage = table(schema, "lineage");
    return "WITH written AS (INSERT INTO " + lineage + " AS old SELECT " + text_literal(target.tool) + ", " +
           text_literal(target.schema) + ", " + text_literal(target.table) + ", revision, parents FROM (VALUES " +
           rows +
           ") AS new (revision, parents) ON CONFLICT (tool, target_schema, target_table, revision) "
           "DO UPDATE SET parents = excluded.parents WHERE old.parents <> excluded.parents RETURNING 1) UPDATE " +
           table(schema, "version") + " SET lineage = lineage + 1 WHERE EXISTS (SELECT FROM written); ";
}

}  // namespace schemalatch::postgres
