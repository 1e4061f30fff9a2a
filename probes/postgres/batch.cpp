#include "probes/postgres/batch.h"

#include <algorithm>
#include <array>

#include "probes/model/printable.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using model::FailureKind;
using model::Look;
using model::Mark;
using model::Observation;
using model::printable;
using model::ProbeFailure;
using model::ToolLock;
using tools::quote_identifier;

constexpr std::chrono::milliseconds kLongestLockWait{1000};

tl::unexpected<ProbeFailure> failure(FailureKind kind, std::string detail) {
    return tl::make_unexpected(ProbeFailure{kind, std::move(detail)});
}

std::string literal(std::string_view text) {
    std::string quoted = " E'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string qualified(const Subject& subject) {
    const std::string table = quote_identifier(subject.table);
    return subject.schema.empty() ? table : quote_identifier(subject.schema) + "." + table;
}

std::string milliseconds(std::chrono::milliseconds time) {
    return std::to_string(std::max<std::chrono::milliseconds::rep>(time.count(), 1)) + "ms";
}

// Several statements in one simple query are one implicit transaction, also for a pooler in any mode; SET LOCAL ends
// with it, and nothing leaks to whoever gets the server connection next. row_security = off: rows that a policy hides
// are an error, and not an empty table.
std::string limits_sql(std::chrono::milliseconds left) {
    return "SET LOCAL statement_timeout = '" + milliseconds(left * 9 / 10) + "'; SET LOCAL lock_timeout = '" +
           milliseconds(std::min(kLongestLockWait, left / 2)) +
           "'; SET TRANSACTION READ ONLY; SET LOCAL row_security = off; ";
}

// Every function, operator and type below is named with its schema. The search_path is the user's, and must be, to find
// the table as the tool finds it; whoever may create in one of its schemas could otherwise offer us a function that
// fits our arguments better than PostgreSQL's own, have it run by our role, and have it answer as he likes.

// The names in a search_path, as schemas are called.
constexpr std::string_view kPath =
    "ARRAY(SELECT pg_catalog.replace(pg_catalog.btrim(entry, E'\" '), '$user'::pg_catalog.text, "
    "CURRENT_USER::pg_catalog.text) "
    "FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('search_path'::pg_catalog.text), "
    "','::pg_catalog.text)) AS entry)";

// Where we are and where the table is: `visible` are the schemas through which the bare name can be meant, `hidden`
// those of the search_path that hold the table while the role may not use them, `elsewhere` the others that hold it. A
// temporary table counts as two, and so as ambiguous: behind a pooler it is another client's, and it hides the real
// one.
enum PlaceColumn { kStandby, kDatabase, kRole, kSchemas, kVisible, kVisibleCount, kHidden, kElsewhere, kPlaceColumns };

std::string place_sql(const Subject& subject) {
    const bool by_path = subject.schema.empty();
    const std::string one = "ARRAY[" + literal(subject.schema) + "::pg_catalog.text]";
    const std::string searched = by_path ? "pg_catalog.current_schemas(false)::pg_catalog.text[]" : one;
    const std::string path = by_path ? std::string{kPath} : one;
    const std::string temporary = by_path ? "oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()" : "false";
    return "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database(), CURRENT_USER, "
           "pg_catalog.array_to_string(" +
           searched +
           ", ', '::pg_catalog.text), "
           "pg_catalog.min(schema) FILTER (WHERE visible), "
           "pg_catalog.count(*) FILTER (WHERE visible) OPERATOR(pg_catalog.+) (2 OPERATOR(pg_catalog.*) "
           "pg_catalog.count(*) FILTER (WHERE temporary)), "
           "pg_catalog.min(schema) FILTER (WHERE on_path AND NOT usable), "
           "pg_catalog.string_agg(schema, ', '::pg_catalog.text ORDER BY schema) FILTER (WHERE NOT visible AND NOT "
           "temporary AND NOT (on_path AND NOT usable)) "
           "FROM (SELECT schema, usable, " +
           temporary +
           " AS temporary, "
           "schema OPERATOR(pg_catalog.=) ANY (" +
           searched + ") AND usable AS visible, schema OPERATOR(pg_catalog.=) ANY (" + path +
           ") AS on_path "
           "FROM (SELECT n.oid, n.nspname::pg_catalog.text AS schema, pg_catalog.has_schema_privilege(n.oid, "
           "'USAGE'::pg_catalog.text) AS usable "
           "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
           "WHERE c.relname OPERATOR(pg_catalog.=) " +
           literal(subject.table) +
           "::pg_catalog.name "
           "AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[])) AS named "
           "ORDER BY 4 DESC, 5 DESC LIMIT 100) AS found; ";
}

// Names the columns and bounds what can come back, whatever lies behind the table's name.
std::string rows_sql(const Subject& subject) {
    return "SELECT pg_catalog.\"left\"(id::pg_catalog.text, " + std::to_string(tools::kLongestId + 1) +
           "), dirty FROM (" + tools::select_from(*subject.tool->postgres, qualified(subject)) +
           ") AS looked (id, dirty) LIMIT " + std::to_string(subject.tool->most_rows + 1) + "; ";
}

// Reading pg_locks holds up everyone who takes a lock for a moment: only when a row is dirty.
std::string locks_sql(const Subject& subject) {
    if (subject.tool->postgres->advisory_locks == nullptr) return "";
    return "SELECT (classid::pg_catalog.int8 OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) objid::pg_catalog.int8 "
           "FROM pg_catalog.pg_locks WHERE locktype OPERATOR(pg_catalog.=) 'advisory'::pg_catalog.text "
           "AND objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2 AND granted AND database OPERATOR(pg_catalog.=) "
           "(SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) "
           "pg_catalog.current_database()) "
           "AND EXISTS (SELECT FROM (" +
           tools::select_from(*subject.tool->postgres, qualified(subject)) +
           ") AS looked (id, dirty) WHERE dirty) LIMIT 1000";
}

struct Place {
    bool standby;
    std::string database;
    std::string role;
    std::string schemas;
    std::string visible;  // the first by name
    std::string visible_count;
    std::string hidden;
    std::string elsewhere;

    std::string text() const {
        return "database \"" + printable(database) + "\" (role \"" + printable(role) +
               "\", schemas searched: " + (schemas.empty() ? "none" : printable(schemas)) + ")";
    }
};

std::optional<Place> place_of(const BatchResult& batch) {
    if (batch.selects.empty() || batch.selects[0].size() != 1 || batch.selects[0][0].size() != kPlaceColumns)
        return std::nullopt;
    const auto& row = batch.selects[0][0];
    return Place{.standby = row[kStandby] == "t",
                 .database = row[kDatabase].value_or(""),
                 .role = row[kRole].value_or(""),
                 .schemas = row[kSchemas].value_or(""),
                 .visible = row[kVisible].value_or(""),
                 .visible_count = row[kVisibleCount].value_or("0"),
                 .hidden = row[kHidden].value_or(""),
                 .elsewhere = row[kElsewhere].value_or("")};
}

std::string grant_select(const Subject& subject, const Place& place) {
    const std::string schema = place.visible.empty() ? place.hidden : place.visible;
    const std::string table = (schema.empty() ? "" : quote_identifier(schema) + ".") + quote_identifier(subject.table);
    const std::string to = " TO " + quote_identifier(place.role);
    const std::string usage =
        place.visible.empty() && !schema.empty() ? "GRANT USAGE ON SCHEMA " + quote_identifier(schema) + to + "; " : "";
    return printable(usage + "GRANT SELECT ON " + table + to);
}

std::string grant_connect(const Login& login) {
    const std::string& database = login.database.empty() ? login.role : login.database;
    if (database.empty()) return "GRANT CONNECT ON DATABASE, for the role and the database that libpq takes by default";
    const std::string role = login.role.empty() ? "the role" : quote_identifier(login.role);
    return printable("GRANT CONNECT ON DATABASE " + quote_identifier(database) + " TO " + role);
}

Observation observation_of(const Subject& subject, const Place& place) {
    Observation seen;
    seen.primary = !place.standby;
    seen.table = subject.table;
    seen.place = place.text();
    return seen;
}

Look denied(const Subject& subject, const Place& place, const std::string& said) {
    return failure(FailureKind::denied,
                   said + " in database \"" + printable(place.database) + "\"; run: " + grant_select(subject, place));
}

// Which table the tool writes is decided by its own role's search_path, and rights; ours may differ.
std::optional<ProbeFailure> several_tables(const Subject& subject, const Place& place) {
    if (!subject.schema.empty() || place.visible_count == "0") return std::nullopt;
    const std::string table = "table \"" + printable(subject.table) + "\" stands in ";
    const std::string remedy = "; set schema to the one that is meant";
    if (place.visible_count != "1") {
        return ProbeFailure{FailureKind::ambiguous, table + place.visible_count + " schemas of the search_path (" +
                                                        printable(place.schemas) + ")" + remedy};
    }
    if (!place.hidden.empty()) {
        return ProbeFailure{FailureKind::ambiguous, table + "schema " + printable(place.visible) + " and in schema " +
                                                        printable(place.hidden) + " of the search_path, which role \"" +
                                                        printable(place.role) + "\" may not use" + remedy};
    }
    return std::nullopt;
}

Look no_table(const Subject& subject, const Place& place) {
    if (!place.hidden.empty())
        return denied(subject, place, "no right to use schema \"" + printable(place.hidden) + "\"");
    Observation seen = observation_of(subject, place);
    if (!place.elsewhere.empty()) {
        seen.note = "if the one in schema " + printable(place.elsewhere) + " is meant, set schema";
    }
    return seen;
}

std::string not_the_tools(const Subject& subject, const std::string& what) {
    std::string columns;
    for (const auto column : subject.tool->columns) columns += (columns.empty() ? "" : ", ") + std::string{column};
    return "table \"" + printable(subject.table) + "\" " + what + "; a table of " + std::string{subject.tool->name} +
           " has the columns " + columns + ": check table and tool";
}

// SQLSTATE classes that speak of the server and not of our query: 08 connection, 53 resources, 57P shutdown and start,
// 58 system, XX internal, HV a foreign table's server.
bool speaks_of_the_server(const std::string& sqlstate) {
    constexpr std::array<std::string_view, 6> kPrefixes{"08", "53", "57P", "58", "XX", "HV"};
    return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) { return sqlstate.starts_with(prefix); });
}

Look failed_query(const Subject& subject, const Place& place, const ServerError& error) {
    // A relation that is missing behind a view of the tool's name is another thing than no table.
    const bool no_such_table = error.sqlstate == "42P01" || error.sqlstate == "3F000";
    if (no_such_table && place.visible_count == "0") return no_table(subject, place);
    if (error.sqlstate == "42501" && error.message.find("row-level security") != std::string::npos) {
        return failure(FailureKind::denied, error.message + "; run: ALTER ROLE " +
                                                printable(quote_identifier(place.role)) +
                                                " BYPASSRLS, or turn it off for the table");
    }
    if (error.sqlstate == "42501") return denied(subject, place, error.message);
    if (error.sqlstate == "55P03") {
        return failure(FailureKind::blocked, "table \"" + printable(subject.table) +
                                                 "\" is locked: a migration is running; wait for it to finish");
    }
    if (error.sqlstate == "57014")
        return failure(FailureKind::unreachable, "the query gave no answer in time (" + error.message +
                                                     "); see what keeps the server busy, or raise deadline");
    if (speaks_of_the_server(error.sqlstate))
        return failure(FailureKind::unreachable,
                       "the server cannot answer now: " + error.message + "; see the server's log");
    return failure(FailureKind::unreadable, not_the_tools(subject, "cannot be read (" + error.message + ")"));
}

tl::expected<model::Row, std::string> row_of(const std::vector<Field>& fields) {
    if (fields.size() != 2 || !fields[0]) return tl::make_unexpected(std::string{"holds a row without a version"});
    if (const auto why = tools::why_no_id(*fields[0]); !why.empty()) return tl::make_unexpected("holds " + why);
    if (fields[1] != "t" && fields[1] != "f")
        return tl::make_unexpected(std::string{"holds a dirty mark that is neither true nor false"});
    return model::Row{*fields[0], fields[1] == "t" ? Mark::dirty : Mark::clean};
}

ToolLock lock_of(const Subject& subject, const Place& place, const std::vector<model::Row>& rows,
                 const BatchResult& batch) {
    const auto keys_of = subject.tool->postgres->advisory_locks;
    const bool dirty = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.mark == Mark::dirty; });
    if (keys_of == nullptr || batch.selects.size() < 3 || !dirty) return ToolLock::none;
    const auto& held = batch.selects[2];
    for (const auto key : keys_of({place.database, place.visible, subject.table})) {
        const bool is_held = std::any_of(held.begin(), held.end(),
                                         [text = std::to_string(key)](const auto& row) { return row[0] == text; });
        if (is_held) return ToolLock::held;
    }
    return ToolLock::free;
}

}  // namespace

std::string batch_sql(const Subject& subject, std::chrono::milliseconds left) {
    return limits_sql(left) + place_sql(subject) + rows_sql(subject) + locks_sql(subject);
}

Look interpret(const Subject& subject, const BatchResult& batch) {
    const auto place = place_of(batch);
    if (!place) {
        const std::string said = batch.error ? batch.error->message : "no answer to the first statement";
        return failure(FailureKind::unreachable, "the server cannot answer: " + said + "; see the server's log");
    }
    if (auto ambiguous = several_tables(subject, *place)) return tl::make_unexpected(std::move(*ambiguous));
    if (batch.error) return failed_query(subject, *place, *batch.error);
    Observation seen = observation_of(subject, *place);
    seen.has_table = true;
    const auto& rows = batch.selects.size() > 1 ? batch.selects[1] : Rows{};
    if (rows.size() > subject.tool->most_rows) {
        return failure(
            FailureKind::unreadable,
            not_the_tools(subject, "holds more than " + std::to_string(subject.tool->most_rows) + " row(s)"));
    }
    for (const auto& fields : rows) {
        auto row = row_of(fields);
        if (!row) return failure(FailureKind::unreadable, not_the_tools(subject, row.error()));
        seen.rows.push_back(std::move(*row));
    }
    seen.tool_lock = lock_of(subject, *place, seen.rows, batch);
    return seen;
}

ProbeFailure interpret(const ServerError& error, const Login& login) {
    const auto said = login.server + ": " + error.message;
    if (error.sqlstate == "28P01") return {FailureKind::denied, said + "; check user and password"};
    if (error.sqlstate == "28000")
        return {FailureKind::denied, said + "; check the user, ALTER ROLE ... LOGIN, and pg_hba.conf"};
    if (error.sqlstate == "42501") return {FailureKind::denied, said + "; run: " + grant_connect(login)};
    if (error.sqlstate == "3D000")
        return {FailureKind::unreachable, said + "; create the database, or correct the URL"};
    if (error.sqlstate == "53300")
        return {FailureKind::unreachable,
                said + "; free a connection slot, or raise max_connections or the role's CONNECTION LIMIT"};
    return {FailureKind::unreachable,
            said + "; check that the server runs, and that host, port and network let us reach it"};
}

}  // namespace schemalatch::postgres
