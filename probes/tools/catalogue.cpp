#include "probes/tools/catalogue.h"

#include <algorithm>

namespace schemalatch::tools {

const std::vector<const Tool*>& all() {
    static const std::vector<const Tool*> tools{
        &kAlembic,
        &kGolangMigrate,
    };
    return tools;
}

const Tool* find(std::string_view name) {
    const auto found = std::find_if(all().begin(), all().end(), [&](const Tool* tool) { return tool->name == name; });
    return found == all().end() ? nullptr : *found;
}

}  // namespace schemalatch::tools
