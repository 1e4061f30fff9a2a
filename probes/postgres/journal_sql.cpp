#include "probes/postgres/journal_sql.h"

#include <algorithm>

#include "probes/model/journal_rows.h"
#include "probes/model/printable.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using tools::quote_identifier;

// Below it all types are PostgreSQL's own, by its FirstNormalObjectId.
constexpr int kFirstOwnType = 16384;

// Of a run whose heartbeat is no time: longer than any that is waited for.
constexpr std::chrono::milliseconds kLongSilence{std::chrono::hours{24}};

// Runs that one begin gives their end, the newest first. The rest, of which nobody has ever had any, is left to the
// next.
constexpr int kMostEndedAtOnce = 1000;

std::string table(const std::string& schema, std::string_view name) {
    return quote_identifier(schema) + "." + std::string{name};
}

std::string array_literal(const std::vector<std::string>& texts) {
    std::string list = "ARRAY[";
    for (const auto& text : texts) list.append(list.back() == '[' ? "" : ",").append(text_literal(text));
    return list.append("]::text[]");
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

// The newest few of a bookkeeping. What is infinite is none of ours, has no age, and would be the newest for ever.
std::string newest(const std::string& schema, const model::Target& target) {
    return "(SELECT * FROM " + table(schema, "run") + " WHERE " + same_target(target) +
           " AND isfinite(started_at) AND isfinite(heartbeat_at) AND isfinite(coalesce(finished_at, heartbeat_at))"
           " ORDER BY started_at DESC LIMIT " +
           std::to_string(model::kNewestRuns) + ") AS r";
}

// What there is of a journal and belongs to nobody who could do as we do anyway: kind, thing, owner. Not only behind
// journal_limits_sql(): a DBA runs it as well.
std::string strangers(const std::string& schema) {
    const auto name = text_literal(schema) + "::pg_catalog.name";
    return "SELECT t.kind, t.thing, pg_catalog.quote_ident(o.rolname::pg_catalog.text) AS owner FROM ("
           "SELECT 'SCHEMA'::pg_catalog.text AS kind, pg_catalog.quote_ident(n.nspname::pg_catalog.text) AS thing, "
           "n.nspowner AS owner FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) " +
           name +
           " UNION ALL SELECT 'TABLE'::pg_catalog.text, pg_catalog.format('%I.%I', n.nspname, c.relname), c.relowner "
           "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
           "WHERE n.nspname OPERATOR(pg_catalog.=) " +
           name +
           " AND c.relname OPERATOR(pg_catalog.=) ANY ('{version,run,lineage}'::pg_catalog.name[])) AS t "
           "LEFT JOIN pg_catalog.pg_roles o ON o.oid OPERATOR(pg_catalog.=) t.owner "
           "LEFT JOIN pg_catalog.pg_roles me ON me.rolname OPERATOR(pg_catalog.=) CURRENT_USER "
           "LEFT JOIN pg_catalog.pg_database d ON d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() "
           "WHERE (o.rolsuper OR o.oid OPERATOR(pg_catalog.=) me.oid OR o.oid OPERATOR(pg_catalog.=) d.datdba "
           "OR o.rolname OPERATOR(pg_catalog.=) 'pg_database_owner'::pg_catalog.name "
           "OR (NOT me.rolsuper AND pg_catalog.pg_has_role(o.oid, 'USAGE'::pg_catalog.text))) IS NOT TRUE LIMIT 1";
}

std::string number_or_null(const std::optional<int>& number) { return number ? std::to_string(*number) : "NULL"; }

}  // namespace

// Bytes that are no text would end the statement with an error.
std::string text_literal(std::string_view text) {
    if (!model::is_utf8(text)) return text_literal(model::one_line(text));
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

// A superuser is a member of everybody by pg_has_role(): for him that says nothing.
std::string journal_strangers_sql(const std::string& schema) { return strangers(schema) + "; "; }

std::string journal_ddl(const std::string& schema) {
    const auto in = [&](std::string_view name) { return table(schema, name); };
    return "CREATE SCHEMA IF NOT EXISTS " + quote_identifier(schema) + ";\n" + "CREATE TABLE IF NOT EXISTS " +
           in("version") + " (format int4 NOT NULL, lineage int8 NOT NULL);\n" + "CREATE TABLE IF NOT EXISTS " +
           in("run") +
           " (id text PRIMARY KEY, lock_name text NOT NULL, tool text NOT NULL, target_schema text NOT NULL, "
           "target_table text NOT NULL, digest text NOT NULL, required text[] NOT NULL, "
           "from_versions text[] NOT NULL, to_versions text[], started_at timestamptz NOT NULL, "
           "heartbeat_at timestamptz NOT NULL, finished_at timestamptz, host text NOT NULL, pod text, "
           "command text NOT NULL, outcome text, exit_code int4);\n" +
           "CREATE TABLE IF NOT EXISTS " + in("lineage") +
           " (tool text NOT NULL, target_schema text NOT NULL, target_table text NOT NULL, revision text NOT NULL, "
           "parents text[] NOT NULL, PRIMARY KEY (tool, target_schema, target_table, revision));\n" +
           "-- Ends it all where a stranger made the schema or a table, whose triggers would run with your rights:\n" +
           "SELECT pg_catalog.format('%s belongs to %s', s.thing, s.owner)::pg_catalog.int4 AS nobody FROM (" +
           strangers(schema) + ") AS s;\n" + "CREATE INDEX IF NOT EXISTS run_started_at ON " + in("run") +
           " (started_at DESC);\n" + "INSERT INTO " + in("version") + " SELECT " + std::to_string(kJournalFormat) +
           ", 0 WHERE NOT EXISTS (SELECT FROM " + in("version") + ");\n";
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
           "has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND "
           "has_table_privilege(c.oid, 'UPDATE')), false) "
           "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = " +
           text_literal(schema) +
           " AND c.relname IN ('version', 'run', 'lineage') AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM "
           "pg_attribute a "
           "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= " +
           std::to_string(kFirstOwnType) + "::oid); ";
}

std::string journal_format_sql(const std::string& schema) {
    return "SELECT " + bounded("format::text") + ", " + bounded("lineage::text") + " FROM " + table(schema, "version") +
           " LIMIT 2; ";
}

// Whose state is hidden from us, or not tracked, may be at work. Sessions are looked for by our own ids only: any other
// could be a part of everybody's name. A heartbeat in the future counts by its distance as well: a clock that was set
// back must keep nobody waiting until it has caught up, nor must one that no clock will reach.
std::string unfinished_sql(const std::string& schema, const std::string& lock_name) {
    return "SELECT " + bounded("r.id") + ", " + bounded("coalesce(r.pod, r.host)") +
           ", CASE WHEN isfinite(r.heartbeat_at) THEN abs(" + milliseconds_since("r.heartbeat_at") + ") ELSE " +
           std::to_string(kLongSilence.count()) + " END, a.pid IS NOT NULL, a.pid FROM (SELECT * FROM " +
           table(schema, "run") + " WHERE finished_at IS NULL AND lock_name = " + text_literal(lock_name) +
           " ORDER BY started_at DESC LIMIT 100) r LEFT JOIN LATERAL (SELECT min(s.pid) AS pid FROM pg_stat_activity s "
           "WHERE s.pid <> pg_backend_pid() AND r.id ~ '^schemalatch-run-[0-9a-f]{16}$' AND "
           "strpos(s.application_name, r.id) > 0 AND coalesce(s.state, '') <> 'idle') a ON true "
           "ORDER BY r.started_at DESC; ";
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
           " SET outcome = 'vanished', finished_at = least(heartbeat_at, clock_timestamp()) WHERE id = ANY(ARRAY("
           "SELECT id FROM " +
           table(schema, "run") + " WHERE finished_at IS NULL AND lock_name = " + text_literal(lock_name) +
           " ORDER BY started_at DESC LIMIT " + std::to_string(kMostEndedAtOnce) + ")); INSERT INTO " +
           table(schema, "run") +
           " (id, lock_name, tool, target_schema, target_table, digest, required, from_versions, started_at, "
           "heartbeat_at, host, pod, command) VALUES (" +
           text_literal(run.id) + ", " + text_literal(lock_name) + ", " + text_literal(target.tool) + ", " +
           text_literal(target.schema) + ", " + text_literal(target.table) + ", " + text_literal(run.digest) + ", " +
           array_literal(run.required) + ", " + array_literal(run.from) + ", clock_timestamp(), clock_timestamp(), " +
           text_literal(run.host) + ", nullif(" + text_literal(run.pod) + ", ''), " + text_literal(run.command) +
           ") RETURNING 1; ";
}

std::string beat_sql(const std::string& schema, const std::string& id) {
    return "UPDATE " + table(schema, "run") + " SET heartbeat_at = clock_timestamp() WHERE id = " + text_literal(id) +
           "; ";
}

std::string end_sql(const std::string& schema, const std::string& id, const model::RunEnd& end) {
    return "UPDATE " + table(schema, "run") +
           " SET heartbeat_at = clock_timestamp(), finished_at = clock_timestamp(), outcome = " +
           text_literal(to_string(end.outcome)) + ", exit_code = " + number_or_null(end.exit_code) +
           ", to_versions = " + array_literal(end.to) + " WHERE id = " + text_literal(id) + " RETURNING 1; ";
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
