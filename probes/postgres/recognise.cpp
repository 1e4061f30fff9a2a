#include "probes/postgres/recognise.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "probes/model/printable.h"
#include "probes/postgres/place.h"

namespace schemalatch::postgres {

namespace {

using model::FailureKind;
using model::Look;
using model::Observation;
using model::ProbeFailure;

constexpr std::size_t kTable = kColumnsOfCandidate, kColumn = kTable + 1, kColumnsOfAnswer = kColumn + 1;

std::string names_sql(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + name_literal(name);
    return "ANY (ARRAY[" + list + "])";
}

// The catalogue may be read by everyone: whether the table may is for the look that reads it to tell.
std::string shapes_sql(const tools::Suspects& suspects, const std::string& schema) {
    return candidates_sql(
        {.condition = "c.relname OPERATOR(pg_catalog.=) " + names_sql(suspects.tables()) +
                      " AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped",
         .schema = schema,
         .most = 10'000,
         .more_columns = "c.relname, a.attname",
         .more_joins = " JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid"});
}

bool is_as_asked(const BatchResult& batch) {
    return batch.selects.size() == 2 && std::all_of(batch.selects[1].begin(), batch.selects[1].end(),
                                                    [](const auto& row) { return row.size() == kColumnsOfAnswer; });
}

using Traces = std::vector<model::Trace>;

// What the catalogue tells of tables that may be some tool's.
class Findings {
public:
    Findings(const Rows& rows, const tools::Suspects& suspects) : suspects_{suspects} {
        for (const auto& row : rows) {
            auto& [candidate, columns] = tables_[{row[0].value_or(""), row[kTable].value_or("")}];
            candidate = candidate_of(row);
            columns.insert(row[kColumn].value_or(""));
        }
    }

    Traces within(Reach reach, const std::string& schema, const Place& place) const {
        std::vector<tools::Shape> shapes;
        for (const auto& [name, table] : tables_) {
            if (reach_of(table.candidate, schema, place.path) == reach)
                shapes.push_back({name.first, name.second, table.columns});
        }
        return traces_in(shapes, suspects_);
    }

    const Candidate& candidate_for(const model::Trace& trace) const {
        return tables_.at({trace.schema, trace.table}).candidate;
    }

private:
    struct Table {
        Candidate candidate;
        std::set<std::string> columns;
    };

    const tools::Suspects& suspects_;
    std::map<std::pair<std::string, std::string>, Table> tables_ = {};  // by schema and name
};

std::string names_of(const Traces& traces) {
    std::string names;
    for (const auto& trace : traces)
        names += (names.empty() ? "" : ", ") + trace.schema + "." + trace.table + " (" + trace.tool + ")";
    return model::printable(names);
}

bool name_one_tool(const Traces& traces) {
    return std::all_of(traces.begin(), traces.end(),
                       [&](const auto& trace) { return trace.tool == traces.front().tool; });
}

Look ambiguous(std::string tables, const Place& place) {
    return tl::make_unexpected(
        ProbeFailure{FailureKind::ambiguous, std::move(tables) + ", in schemas of the search_path that role \"" +
                                                 model::printable(place.role) +
                                                 "\" may not use; set tool and schema to those that are meant"});
}

Look interpret(const tools::Suspects& suspects, const std::string& schema, const BatchResult& batch) {
    const auto place = whereabouts_of(schema, batch);
    if (!place || batch.error) return no_place(batch);
    if (!is_as_asked(batch)) {
        return tl::make_unexpected(
            ProbeFailure{FailureKind::unreadable,
                         "the server does not tell its tables as PostgreSQL does; see what the URL leads to"});
    }
    const Findings findings{batch.selects[1], suspects};
    Observation seen;
    seen.primary = !place->standby;
    seen.table = suspects.table;
    seen.place = place->text();
    seen.traces = findings.within(Reach::visible, schema, *place);
    // The tool may write the one that we may not see: its role need not be ours.
    const auto hidden = findings.within(Reach::hidden, schema, *place);
    if (!hidden.empty() && !seen.traces.empty())
        return ambiguous("tables of migration tools are here: " + names_of(seen.traces) + ", and " + names_of(hidden),
                         *place);
    if (!hidden.empty() && !name_one_tool(hidden))
        return ambiguous("tables of several migration tools are here: " + names_of(hidden), *place);
    if (!hidden.empty())
        return no_right_to_schema(*place, findings.candidate_for(hidden.front()), hidden.front().table);
    const auto elsewhere = findings.within(Reach::elsewhere, schema, *place);
    if (seen.traces.empty() && !elsewhere.empty()) seen.note = "if " + names_of(elsewhere) + " is meant, set schema";
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
