// All migration tools that we can read: ours, and those that a configuration describes.
#pragma once

#include <string_view>
#include <vector>

#include "probes/tools/tool.h"

namespace schemalatch::tools {

// Immutable; readable from any thread. Copies are cheap, and share the tools.
class Catalogue {
public:
    // Ours, and behind them `own`, whose names are new.
    explicit Catalogue(std::vector<Tool> own = {});

    // By value: a loop over that of a temporary would otherwise go on without it.
    std::vector<ToolPtr> all() const { return tools_; }

    // By its exact name; null: there is none.
    ToolPtr find(std::string_view name) const;

private:
    std::vector<ToolPtr> tools_;
};

// One per file; listed in catalogue.cpp.
extern const Tool kAlembic;
extern const Tool kDjango;
extern const Tool kFlyway;
extern const Tool kGolangMigrate;

}  // namespace schemalatch::tools
