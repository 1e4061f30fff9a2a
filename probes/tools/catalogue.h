// All migration tools that we can read. Immutable; callable from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "probes/tools/tool.h"

namespace schemalatch::tools {

// In the catalogue's order.
const std::vector<const Tool*>& all();

// By its exact name; nullptr: there is none.
const Tool* find(std::string_view name);

// One per file; listed in catalogue.cpp.
extern const Tool kAlembic;
extern const Tool kGolangMigrate;

}  // namespace schemalatch::tools
