#include "probes/postgres/recognise.h"

#include <algorithm>
#include <map>

#include "probes/postgres/place.h"

namespace schemalatch::postgres {

namespace {

using model::FailureKind;
using model::Look;
using model::Observation;
using model::ProbeFailure;

constexpr std::size_t kColumnsOfAnswer = 3;  // schema, table, column

std::string names_sql(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + name_literal(name);
    return "ANY (ARRAY[" + list + "])";
}

// The catalogue may be read by everyone: whether the table may is for the look that reads it to tell.
std::string shapes_sql(const tools::Suspects& suspects, const std::string& schema) {
    const std::string schemas = schema.empty() ? "ANY (pg_catalog.current_schemas(false))" : name_literal(schema);
    return "SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_class c "
           "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
           "JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid "
           "WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[]) "
           "AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog.\"char\" "
           "AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped "
           "AND n.nspname OPERATOR(pg_catalog.=) " +
           schemas + " AND c.relname OPERATOR(pg_catalog.=) " + names_sql(suspects.tables()) +
           " ORDER BY 1, 2, 3 LIMIT 10000; ";
}

bool is_as_asked(const BatchResult& batch) {
    return batch.selects.size() == 2 && std::all_of(batch.selects[1].begin(), batch.selects[1].end(),
                                                    [](const auto& row) { return row.size() == kColumnsOfAnswer; });
}

std::vector<tools::Shape> shapes_of(const Rows& rows) {
    std::map<std::pair<std::string, std::string>, std::set<std::string>> columns;
    for (const auto& row : rows) columns[{row[0].value_or(""), row[1].value_or("")}].insert(row[2].value_or(""));
    std::vector<tools::Shape> shapes;
    shapes.reserve(columns.size());
    for (auto& [place, names] : columns) shapes.push_back({place.first, place.second, std::move(names)});
    return shapes;
}

Look interpret(const tools::Suspects& suspects, const std::string& schema, const BatchResult& batch) {
    const auto place = whereabouts_of(schema, batch);
    if (!place || batch.error) return no_place(batch);
    if (!is_as_asked(batch)) {
        return tl::make_unexpected(
            ProbeFailure{FailureKind::unreadable,
                         "the server does not tell its tables as PostgreSQL does; see what the URL leads to"});
    }
    Observation seen;
    seen.primary = !place->standby;
    seen.table = suspects.table;
    seen.place = place->text();
    seen.traces = traces_in(shapes_of(batch.selects[1]), suspects);
    return seen;
}

}  // namespace

Question which_tools(const tools::Suspects& suspects, const std::string& schema) {
    return {.sql =
                [=](std::chrono::milliseconds left) {
                    return limits_sql(left) + whereabouts_sql() + shapes_sql(suspects, schema);
                },
            .interpret = [=](const BatchResult& batch) { return interpret(suspects, schema, batch); }};
}

}  // namespace schemalatch::postgres
