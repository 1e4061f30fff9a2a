#include "probes/postgres/batch.h"

#include <algorithm>
#include <array>

#include "probes/model/printable.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using model::FailureKind;
using model::Look;
using model::Observation;
using model::printable;
using model::ProbeFailure;
using model::ToolLock;
using tools::quote_identifier;

// Where in a batch the tool's answers stand: behind those of place_sql().
constexpr std::size_t kRows = 2;
constexpr std::size_t kLocks = 3;

tl::unexpected<ProbeFailure> failure(FailureKind kind, std::string detail) {
    return tl::make_unexpected(ProbeFailure{kind, std::move(detail)});
}

std::string qualified(const Subject& subject) {
    const std::string table = quote_identifier(subject.table);
    return subject.schema.empty() ? table : quote_identifier(subject.schema) + "." + table;
}

// In place of the marks behind the last row that is taken in.
constexpr std::string_view kTooMuch = "too much";

// Not all columns of the tool are read: this is looked through by the server, and never run.
std::string columns_sql(const Subject& subject) {
    std::string columns;
    for (const auto& column : subject.tool->columns)
        columns += (columns.empty() ? "" : ", ") + quote_identifier(column);
    if (columns.empty()) return "";
    return " WHERE true OR EXISTS (SELECT " + columns + " FROM " + qualified(subject) + ")";
}

// Names the columns and bounds what can come back, whatever lies behind the table's name.
std::string rows_sql(const Subject& subject) {
    const std::string longest = std::to_string(tools::kLongestId + 1);
    const std::string most = std::to_string(tools::kMostBytes);
    const std::string beyond = "CASE WHEN taken OPERATOR(pg_catalog.>) " + most + " THEN ";
    return "SELECT " + beyond + "NULL ELSE id END, " + beyond + "'" + std::string{kTooMuch} +
           "' ELSE mark END FROM (SELECT id, mark, place, pg_catalog.sum(pg_catalog.octet_length(id)) OVER (ROWS "
           "UNBOUNDED PRECEDING) AS taken FROM (SELECT pg_catalog.\"left\"(id::pg_catalog.text, " +
           longest + ") AS id, pg_catalog.\"left\"(mark::pg_catalog.text, 20) AS mark, place FROM (" +
           tools::select_from(*subject.tool->postgres, qualified(subject)) + ") AS looked (id, mark, place)" +
           columns_sql(subject) + " LIMIT " + std::to_string(subject.tool->most_rows + 1) +
           ") AS bounded) AS counted ORDER BY place; ";
}

std::string dirty_marks() {
    std::string names;
    for (const auto name : model::dirty_marks()) names += (names.empty() ? "" : ",") + std::string{name};
    return names;
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
           ") AS looked (id, mark, place) WHERE mark::pg_catalog.text OPERATOR(pg_catalog.=) ANY "
           "('{" +
           dirty_marks() + "}'::pg_catalog.text[])) LIMIT 1000";
}

bool reads_a_query(const Subject& subject) { return subject.table.empty(); }

// Nothing of the name is known where the table went away between two statements.
const Candidate* meant(const Place& place) {
    if (!place.visible.empty()) return &place.visible.front();
    return place.hidden.empty() ? nullptr : &place.hidden.front();
}

Observation observation_of(const Subject& subject, const Place& place) {
    Observation seen;
    seen.primary = !place.standby;
    seen.table = subject.table;
    seen.books = subject.tool->books;
    seen.place = place.text();
    return seen;
}

std::string said_in(const ServerError& error, const Place& place) {
    return error.message + " in database \"" + printable(place.database) + "\"; ";
}

// Which right it is, the catalogue tells: the server's words come in any language.
Look denied(const Subject& subject, const Place& place, const ServerError& error) {
    const auto* table = meant(place);
    if (reads_a_query(subject))
        return failure(FailureKind::denied, said_in(error, place) + "grant role " +
                                                printable(quote_identifier(place.role)) + " what the query of " +
                                                subject.tool->name() + " reads");
    if (table == nullptr || !table->readable)
        return failure(FailureKind::denied,
                       said_in(error, place) + "run: " + grant_select(place, meant(place), subject.table));
    if (table->row_security)
        return failure(FailureKind::denied, said_in(error, place) + "policies may hide rows from us; run: ALTER ROLE " +
                                                printable(quote_identifier(place.role)) +
                                                " BYPASSRLS, or turn row level security off for the table");
    return failure(FailureKind::denied, said_in(error, place) + "\"" + printable(subject.table) +
                                            "\" itself may be read; grant the role, or the view's owner, what "
                                            "lies behind it");
}

std::string schemas_of(const std::vector<Candidate>& candidates) {
    std::string schemas;
    for (const auto& candidate : candidates) schemas += (schemas.empty() ? "" : ", ") + candidate.schema;
    return printable(schemas);
}

// Behind a pooler it is another client's, and it hides the real one.
bool has_temporary(const Place& place) {
    return std::any_of(place.visible.begin(), place.visible.end(), [](const auto& table) { return table.temporary; });
}

// Which table the tool writes is decided by its own role's search_path, and rights; ours may differ.
std::optional<ProbeFailure> several_tables(const Subject& subject, const Place& place) {
    if (!subject.schema.empty() || place.visible.empty()) return std::nullopt;
    const std::string table = "table \"" + printable(subject.table) + "\" stands in ";
    const std::string remedy = "; set schema to the one that is meant";
    const auto ambiguous = [&](const std::string& where) {
        return ProbeFailure{FailureKind::ambiguous, table + where + remedy};
    };
    if (has_temporary(place)) return ambiguous("this session as a temporary one, which hides any other");
    if (place.visible.size() > 1) {
        return ambiguous(std::to_string(place.visible.size()) + " schemas of the search_path (" +
                         printable(place.schemas) + ")");
    }
    if (place.hidden.empty()) return std::nullopt;
    return ambiguous("schema " + schemas_of(place.visible) + " and in schema " + schemas_of(place.hidden) +
                     " of the search_path, which role \"" + printable(place.role) + "\" may not use");
}

Look no_table(const Subject& subject, const Place& place) {
    if (!place.hidden.empty()) return no_right_to_schema(place, place.hidden.front(), subject.table);
    Observation seen = observation_of(subject, place);
    if (!place.elsewhere.empty()) {
        seen.note = "if the one in schema " + schemas_of(place.elsewhere) + " is meant, set schema";
    }
    return seen;
}

// The first migration may be the one that creates what the query reads.
Look nothing_to_query(const Subject& subject, const Place& place, const ServerError& error) {
    Observation seen = observation_of(subject, place);
    seen.note = "correct the query of " + subject.tool->name() + ": " + error.message;
    return seen;
}

std::string named(const Subject& subject) {
    return reads_a_query(subject) ? "the query of " + subject.tool->name()
                                  : "table \"" + printable(subject.table) + "\"";
}

std::string not_the_tools(const Subject& subject, const std::string& what) {
    if (subject.tool->columns.empty()) return named(subject) + " " + what + "; correct it";
    std::string columns;
    for (const auto& column : subject.tool->columns) columns += (columns.empty() ? "" : ", ") + column;
    return "table \"" + printable(subject.table) + "\" " + what + "; a table of " + subject.tool->name() +
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
    if (no_such_table && reads_a_query(subject)) return nothing_to_query(subject, place, error);
    if (no_such_table && place.visible.empty()) return no_table(subject, place);
    if (error.sqlstate == "42501" && place.visible.empty() && !place.hidden.empty())
        return no_right_to_schema(place, place.hidden.front(), subject.table);
    if (error.sqlstate == "42501") return denied(subject, place, error);
    // The one object that reading a relation can miss but the relation itself, and what its view names.
    if (error.sqlstate == "42704") {
        return failure(FailureKind::denied, said_in(error, place) +
                                                "if it is a foreign table, run: CREATE USER MAPPING FOR " +
                                                printable(quote_identifier(place.role)) + " SERVER ...");
    }
    if (error.sqlstate == "55P03") {
        return failure(FailureKind::blocked,
                       named(subject) + " is locked: a migration is running; wait for it to finish");
    }
    if (error.sqlstate == "57014")
        return failure(FailureKind::unreachable, "the query gave no answer in time (" + error.message +
                                                     "); see what keeps the server busy, or raise deadline");
    if (speaks_of_the_server(error.sqlstate))
        return failure(FailureKind::unreachable,
                       "the server cannot answer now: " + error.message + "; see the server's log");
    return failure(FailureKind::unreadable, not_the_tools(subject, "cannot be read (" + error.message + ")"));
}

constexpr std::string_view kNotPostgres = "; see what the URL leads to";

bool asks_for_locks(const Subject& subject) { return subject.tool->postgres->advisory_locks != nullptr; }

// A batch that ended without an error may still lack what was asked for, or hold it in another shape: whatever took the
// connection need not be PostgreSQL. A result that is missing must not be taken for an empty table.
std::optional<ProbeFailure> not_as_asked(const Subject& subject, const Place& place, const BatchResult& batch) {
    const auto fewest = asks_for_locks(subject) ? kLocks + 1 : kRows + 1;
    if (batch.selects.size() < fewest) {
        return ProbeFailure{FailureKind::unreachable,
                            "the server answered fewer statements than it was asked" + std::string{kNotPostgres}};
    }
    // What a query reads, no catalogue was asked for.
    if (reads_a_query(subject)) return std::nullopt;
    // A table that is created between the two statements looks like that, too.
    if (place.visible.empty()) {
        return ProbeFailure{FailureKind::unreachable, "the server read table \"" + printable(subject.table) +
                                                          "\", of which its catalogue knows nothing; the next look "
                                                          "tells whether it was created just now"};
    }
    const auto& locks = batch.selects[fewest - 1];
    const bool one_column = std::all_of(locks.begin(), locks.end(), [](const auto& row) { return row.size() == 1; });
    if (asks_for_locks(subject) && !one_column) {
        return ProbeFailure{FailureKind::unreadable,
                            "the server does not tell its locks as PostgreSQL does" + std::string{kNotPostgres}};
    }
    return std::nullopt;
}

tl::expected<model::Row, std::string> row_of(const std::vector<Field>& fields) {
    auto row = fields.size() == 2 ? tools::read_row(fields[0], fields[1])
                                  : tl::make_unexpected(std::string{"a row of another shape"});
    if (!row) row.error().insert(0, "holds ");
    return row;
}

ToolLock lock_of(const Subject& subject, const Place& place, const std::vector<model::Row>& rows,
                 const BatchResult& batch) {
    const auto keys_of = subject.tool->postgres->advisory_locks;
    const bool dirty = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.is_dirty(); });
    if (keys_of == nullptr || !dirty) return ToolLock::none;
    const auto& held = batch.selects[kLocks];
    for (const auto key : keys_of(
             {place.database, place.visible.empty() ? std::string{} : place.visible.front().schema, subject.table})) {
        const bool is_held = std::any_of(held.begin(), held.end(),
                                         [text = std::to_string(key)](const auto& row) { return row[0] == text; });
        if (is_held) return ToolLock::held;
    }
    return ToolLock::free;
}

model::Target target_of(const Subject& subject, const BatchResult& batch) {
    const auto place = place_of(subject, batch);
    const bool found = place && !place->visible.empty();
    return {subject.tool->name(), found ? place->visible.front().schema : subject.schema, subject.table};
}

// The server reads the whole batch before it runs any of it.
bool has_bad_query(const Subject& subject, const BatchResult& batch) {
    return subject.tool->columns.empty() && batch.error && batch.error->sqlstate == "42601";
}

}  // namespace

Question what_is_applied(const Subject& subject) {
    return {.sql = [subject](std::chrono::milliseconds left) { return batch_sql(subject, left); },
            .interpret = [subject](const BatchResult& batch) { return interpret(subject, batch); },
            .target = [subject](const BatchResult& batch) { return target_of(subject, batch); }};
}

std::string batch_sql(const Subject& subject, std::chrono::milliseconds left) {
    return limits_sql(left) + place_sql(subject) + rows_sql(subject) + locks_sql(subject);
}

Look interpret(const Subject& subject, const BatchResult& batch) {
    const auto place = place_of(subject, batch);
    if (!place && has_bad_query(subject, batch))
        return failure(FailureKind::unreadable,
                       not_the_tools(subject, "cannot be read (" + batch.error->message + ")"));
    if (!place) return no_place(batch);
    if (auto ambiguous = several_tables(subject, *place)) return tl::make_unexpected(std::move(*ambiguous));
    if (batch.error) return failed_query(subject, *place, *batch.error);
    if (auto odd = not_as_asked(subject, *place, batch)) return tl::make_unexpected(std::move(*odd));
    Observation seen = observation_of(subject, *place);
    seen.has_table = true;
    const auto& rows = batch.selects[kRows];
    if (rows.size() > subject.tool->most_rows) {
        return failure(
            FailureKind::unreadable,
            not_the_tools(subject, "holds more than " + std::to_string(subject.tool->most_rows) + " row(s)"));
    }
    for (const auto& fields : rows) {
        if (fields.size() == 2 && fields[1] == kTooMuch)
            return failure(FailureKind::unreadable, not_the_tools(subject, "holds " + tools::too_many_bytes()));
        auto row = row_of(fields);
        if (!row) return failure(FailureKind::unreadable, not_the_tools(subject, row.error()));
        seen.rows.push_back(std::move(*row));
    }
    seen.tool_lock = lock_of(subject, *place, seen.rows, batch);
    return seen;
}

}  // namespace schemalatch::postgres
