// Which migration tool a table belongs to, by its columns: six tools share the name "schema_migrations" alone. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "probes/model/observation.h"
#include "probes/tools/tool.h"

namespace schemalatch::tools {

// A table that is there.
struct Shape {
    std::string schema;  // empty where there are none
    std::string table;
    std::set<std::string> columns;
};

// What to look for: the default tables of these tools, or one table that the user named.
struct Suspects {
    std::vector<ToolPtr> tools;
    std::string table;  // empty: each tool's own

    std::vector<std::string> tables() const;
};

// Each tool that a shape fits. Of several that fit the same table, those count that explain the most of its columns.
std::vector<model::Trace> traces_in(const std::vector<Shape>& shapes, const Suspects& suspects);

}  // namespace schemalatch::tools
