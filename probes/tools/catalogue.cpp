#include "probes/tools/catalogue.h"

#include <algorithm>

namespace schemalatch::tools {

namespace {

// Not owned: they are there as long as the program.
ToolPtr shared(const Tool& tool) { return {ToolPtr{}, &tool}; }

}  // namespace

Catalogue::Catalogue(std::vector<Tool> own)
    : tools_{shared(kAlembic), shared(kDjango), shared(kFlyway), shared(kGolangMigrate)} {
    for (auto& tool : own) tools_.push_back(std::make_shared<const Tool>(std::move(tool)));
}

ToolPtr Catalogue::find(std::string_view name) const {
    const auto found =
        std::find_if(tools_.begin(), tools_.end(), [&](const ToolPtr& tool) { return tool->name() == name; });
    return found == tools_.end() ? nullptr : *found;
}

}  // namespace schemalatch::tools
