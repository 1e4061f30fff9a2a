// Where a look is, and which tables there bear the name that is looked for. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/model/observation.h"
#include "probes/postgres/session.h"
#include "probes/tools/tool.h"

namespace schemalatch::postgres {

// What is read, and where.
struct Subject {
    tools::ToolPtr tool;  // reads PostgreSQL
    std::string schema;   // empty: the role's search_path decides
    std::string table;    // empty: the tool is read by a query that names what it reads
};

// A relation that bears the table's name.
struct Candidate {
    std::string schema;
    bool in_path = false;       // the server finds it by its bare name, or would if no other stood before it
    bool usable = false;        // the role may use the schema
    bool temporary = false;     // of this session; other sessions' are no candidates
    bool row_security = false;  // policies may hide rows of it
    bool readable = false;      // the role has SELECT on it
};

// Whether a candidate can be meant.
enum class Reach {
    visible,    // The name leads to it.
    hidden,     // It would, if the role might use the schema.
    elsewhere,  // Only if the schema is set to its own.
    nowhere,    // It is of this session, and a schema is set.
};

// `schema` is the one that is set; empty: `path`, the names in the role's search_path, decides.
Reach reach_of(const Candidate& candidate, const std::string& schema, const std::vector<std::string>& path);

// Asks for relations: a row of a candidate's columns, and behind them `more_columns`. The nearest come first.
struct CandidateQuery {
    std::string condition;  // on pg_class c, pg_namespace n
    std::string schema;     // that is set
    std::size_t most;       // rows
    std::string more_columns = {};
    std::string more_joins = {};
};
std::string candidates_sql(const CandidateQuery& query);
inline constexpr std::size_t kColumnsOfCandidate = 6;
Candidate candidate_of(const std::vector<Field>& row);

struct Place {
    bool standby = false;
    std::string database;
    std::string role;
    std::string schemas;                  // of the search_path, those that exist and may be used: "app, public"
    std::vector<std::string> path = {};   // all that the search_path names
    std::vector<Candidate> visible = {};  // through which the subject can be meant
    std::vector<Candidate> hidden = {};   // could be meant as well, if the role might use their schemas
    std::vector<Candidate> elsewhere = {};

    std::string text() const;  // for people
};

// The first statement of every look: where it is.
std::string whereabouts_sql();

// That one, and a second one for the tables that bear the subject's name.
std::string place_sql(const Subject& subject);

// Nothing where the batch did not come that far. `schema`: the only one that was searched; empty: the search_path's.
std::optional<Place> whereabouts_of(const std::string& schema, const BatchResult& batch);
std::optional<Place> place_of(const Subject& subject, const BatchResult& batch);

// "GRANT ..." for a table of that name; `table` is null where nothing but the name is known.
std::string grant_select(const Place& place, const Candidate* table, const std::string& name);

// Denied: a table of that name that is hidden.
model::Look no_right_to_schema(const Place& place, const Candidate& table, const std::string& name);

// Why a batch tells no place.
model::Look no_place(const BatchResult& batch);

// A name as a value, whatever it holds: E'...'::pg_catalog.name
std::string name_literal(std::string_view text);

// The names in a search_path, as schemas are called: unquoted, and the role's name for "$user".
std::vector<std::string> schemas_in(std::string_view search_path, const std::string& role);

}  // namespace schemalatch::postgres
