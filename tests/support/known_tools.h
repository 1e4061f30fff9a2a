// Tools of the catalogue, as tests name them.
#pragma once

#include "probes/tools/catalogue.h"

namespace schemalatch::support {

// Also before main(), when the tool itself may not be filled in yet.
inline tools::ToolPtr known(const tools::Tool& tool) { return {tools::ToolPtr{}, &tool}; }

inline tools::ToolPtr alembic() { return known(tools::kAlembic); }
inline tools::ToolPtr django() { return known(tools::kDjango); }
inline tools::ToolPtr flyway() { return known(tools::kFlyway); }
inline tools::ToolPtr golang_migrate() { return known(tools::kGolangMigrate); }

}  // namespace schemalatch::support
