#include "probes/postgres/place.h"

#include <algorithm>

#include "probes/model/printable.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using model::printable;

// Every function, operator and type below is named with its schema. The search_path is the user's, and must be, to find
// the table as the tool finds it; whoever may create in one of its schemas could otherwise offer us a function that
// fits our arguments better than PostgreSQL's own, have it run by our role, and have it answer as he likes.

enum WhereaboutsColumn { kStandby, kDatabase, kRole, kSearchPath, kSearched, kWhereaboutsColumns };

constexpr std::string_view kWhereabouts =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_database(), CURRENT_USER, "
    "pg_catalog.current_setting('search_path'::pg_catalog.text), "
    "pg_catalog.array_to_string(pg_catalog.current_schemas(false)::pg_catalog.text[], ', '::pg_catalog.text); ";

enum CandidateColumn { kSchema, kInPath, kUsable, kTemporary, kRowSecurity, kReadable };

constexpr std::string_view kColumns =
    "n.nspname, n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)), "
    "pg_catalog.has_schema_privilege(n.oid, 'USAGE'::pg_catalog.text), "
    "n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema(), c.relrowsecurity, "
    "pg_catalog.has_table_privilege(c.oid, 'SELECT'::pg_catalog.text)";

constexpr std::string_view kRelations =
    "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace";

constexpr std::string_view kAreCandidates =
    "c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[]) "
    "AND (c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog.\"char\" "
    "OR n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema())";

// Every tenant may have a schema with such a table. Those that can matter come first: what the search_path may name is
// judged generously here, and exactly in reach_of().
constexpr std::string_view kMayBeInPath =
    "pg_catalog.strpos(pg_catalog.lower(pg_catalog.current_setting('search_path'::pg_catalog.text)), "
    "pg_catalog.lower(pg_catalog.replace(n.nspname::pg_catalog.text, '\"'::pg_catalog.text, "
    "'\"\"'::pg_catalog.text))) OPERATOR(pg_catalog.>) 0 OR n.nspname OPERATOR(pg_catalog.=) CURRENT_USER";

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Takes the first name off, with its comma.
std::string take_name(std::string_view& rest) {
    std::string name;
    bool quoted = false;
    for (; !rest.empty() && (quoted || rest[0] != ','); rest.remove_prefix(1)) {
        const bool doubled = quoted && rest.starts_with("\"\"");
        if (doubled) rest.remove_prefix(1);
        if (rest[0] == '"' && !doubled) {
            quoted = !quoted;
        } else if (quoted || !is_blank(rest[0])) {
            name += quoted ? rest[0] : to_lower(rest[0]);
        }
    }
    if (!rest.empty()) rest.remove_prefix(1);
    return name;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_columns(const Rows& rows, std::size_t count) {
    return std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return row.size() == count; });
}

}  // namespace

std::string grant_select(const Place& place, const Candidate* table, const std::string& name) {
    const std::string to = " TO " + tools::quote_identifier(place.role);
    const std::string schema = table == nullptr ? "" : tools::quote_identifier(table->schema);
    const std::string usage = table != nullptr && !table->usable ? "GRANT USAGE ON SCHEMA " + schema + to + "; " : "";
    return printable(usage + "GRANT SELECT ON " + (schema.empty() ? "" : schema + ".") + tools::quote_identifier(name) +
                     to);
}

model::Look no_right_to_schema(const Place& place, const Candidate& table, const std::string& name) {
    return tl::make_unexpected(model::ProbeFailure{
        model::FailureKind::denied, "no right to use schema \"" + printable(table.schema) + "\" in database \"" +
                                        printable(place.database) + "\"; run: " + grant_select(place, &table, name)});
}

std::string Place::text() const {
    return "database \"" + printable(database) + "\" (role \"" + printable(role) +
           "\", schemas searched: " + (schemas.empty() ? "none" : printable(schemas)) + ")";
}

std::vector<std::string> schemas_in(std::string_view search_path, const std::string& role) {
    std::vector<std::string> names;
    while (!search_path.empty()) {
        auto name = take_name(search_path);
        if (name == "$user") name = role;
        if (!name.empty()) names.push_back(std::move(name));
    }
    return names;
}

std::string name_literal(std::string_view text) {
    std::string quoted = " E'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += c;  // not \', which a server with backslash_quote=off refuses
        quoted += c;
    }
    return quoted + "'::pg_catalog.name";
}

Candidate candidate_of(const std::vector<Field>& row) {
    return Candidate{.schema = row[kSchema].value_or(""),
                     .in_path = row[kInPath] == "t",
                     .usable = row[kUsable] == "t",
                     .temporary = row[kTemporary] == "t",
                     .row_security = row[kRowSecurity] == "t",
                     .readable = row[kReadable] == "t"};
}

// A temporary table is found before all others, whether the search_path names its schema or not.
Reach reach_of(const Candidate& candidate, const std::string& schema, const std::vector<std::string>& path) {
    const bool by_path = schema.empty();
    if (candidate.temporary && !by_path) return Reach::nowhere;
    const bool named = by_path ? contains(path, candidate.schema) : candidate.schema == schema;
    const bool found = by_path ? candidate.in_path || candidate.temporary : named && candidate.usable;
    if (found) return Reach::visible;
    return named && !candidate.usable ? Reach::hidden : Reach::elsewhere;
}

std::string candidates_sql(const CandidateQuery& query) {
    const auto listed = [](const std::string& more) { return more.empty() ? "" : ", " + more; };
    return "SELECT " + std::string{kColumns} + listed(query.more_columns) + " FROM " + std::string{kRelations} +
           query.more_joins + " WHERE " + std::string{kAreCandidates} + " AND " + query.condition +
           " ORDER BY n.nspname OPERATOR(pg_catalog.=)" + name_literal(query.schema) + " DESC, 2 DESC, 4 DESC, (" +
           std::string{kMayBeInPath} + ") DESC, 1" + listed(query.more_columns) + " LIMIT " +
           std::to_string(query.most) + "; ";
}

std::string whereabouts_sql() { return std::string{kWhereabouts}; }

std::string place_sql(const Subject& subject) {
    return std::string{kWhereabouts} +
           candidates_sql({.condition = "c.relname OPERATOR(pg_catalog.=)" + name_literal(subject.table),
                           .schema = subject.schema,
                           .most = 100});
}

std::optional<Place> whereabouts_of(const std::string& schema, const BatchResult& batch) {
    if (batch.selects.empty() || batch.selects[0].size() != 1) return std::nullopt;
    if (!has_columns(batch.selects[0], kWhereaboutsColumns)) return std::nullopt;
    const auto& row = batch.selects[0][0];
    // What cannot be told from a primary must not be taken for one: a primary's answers close a gate.
    if (row[kStandby] != "t" && row[kStandby] != "f") return std::nullopt;
    return Place{.standby = row[kStandby] == "t",
                 .database = row[kDatabase].value_or(""),
                 .role = row[kRole].value_or(""),
                 .schemas = schema.empty() ? row[kSearched].value_or("") : schema,
                 .path = schemas_in(row[kSearchPath].value_or(""), row[kRole].value_or(""))};
}

std::optional<Place> place_of(const Subject& subject, const BatchResult& batch) {
    auto place = whereabouts_of(subject.schema, batch);
    if (!place || batch.selects.size() < 2 || !has_columns(batch.selects[1], kColumnsOfCandidate)) return std::nullopt;
    for (const auto& fields : batch.selects[1]) {
        auto candidate = candidate_of(fields);
        switch (reach_of(candidate, subject.schema, place->path)) {
            case Reach::visible:
                place->visible.push_back(std::move(candidate));
                break;
            case Reach::hidden:
                place->hidden.push_back(std::move(candidate));
                break;
            case Reach::elsewhere:
                place->elsewhere.push_back(std::move(candidate));
                break;
            case Reach::nowhere:
                break;
        }
    }
    return place;
}

model::Look no_place(const BatchResult& batch) {
    const auto failure = [](model::FailureKind kind, std::string detail) {
        return tl::make_unexpected(model::ProbeFailure{kind, std::move(detail)});
    };
    if (batch.error)
        return failure(model::FailureKind::unreachable,
                       "the server cannot answer: " + batch.error->message + "; see the server's log");
    if (batch.selects.size() <= 1)
        return failure(model::FailureKind::unreachable,
                       "the server answered fewer statements than it was asked; see what the URL leads to");
    return failure(model::FailureKind::unreadable,
                   "the server does not say where we are as PostgreSQL does; see what the URL leads to");
}

}  // namespace schemalatch::postgres
