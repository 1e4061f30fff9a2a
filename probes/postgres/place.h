// Where a look is, and which tables there bear the name that is looked for. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/postgres/session.h"
#include "probes/tools/tool.h"

namespace schemalatch::postgres {

// What is read, and where.
struct Subject {
    const tools::Tool* tool;  // reads PostgreSQL
    std::string schema;       // empty: the role's search_path decides
    std::string table;
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

struct Place {
    bool standby = false;
    std::string database;
    std::string role;
    std::string schemas;                  // of the search_path, those that exist and may be used: "app, public"
    std::vector<Candidate> visible = {};  // through which the subject can be meant
    std::vector<Candidate> hidden = {};   // could be meant as well, if the role might use their schemas
    std::vector<Candidate> elsewhere = {};

    std::string text() const;  // for people
};

// Two statements, of two results.
std::string place_sql(const Subject& subject);

// Nothing where the batch did not come that far.
std::optional<Place> place_of(const Subject& subject, const BatchResult& batch);

// The names in a search_path, as schemas are called: unquoted, and the role's name for "$user".
std::vector<std::string> schemas_in(std::string_view search_path, const std::string& role);

}  // namespace schemalatch::postgres
