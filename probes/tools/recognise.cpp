#include "probes/tools/recognise.h"

#include <algorithm>

namespace schemalatch::tools {

namespace {

// One that only a query reads has no columns to be known by.
bool fits(const Tool& tool, const Shape& shape, const std::string& table) {
    const auto has = [&](const std::string& column) { return shape.columns.contains(column); };
    return shape.table == table && !tool.columns.empty() && std::all_of(tool.columns.begin(), tool.columns.end(), has);
}

std::vector<const Tool*> best_of(std::vector<const Tool*> fitting) {
    std::size_t most = 0;
    for (const auto* tool : fitting) most = std::max(most, tool->columns.size());
    fitting.erase(
        std::remove_if(fitting.begin(), fitting.end(), [&](const auto* tool) { return tool->columns.size() < most; }),
        fitting.end());
    return fitting;
}

}  // namespace

std::vector<std::string> Suspects::tables() const {
    if (!table.empty()) return {table};
    std::set<std::string> names;
    for (const auto& tool : tools) {
        if (!tool->table.empty()) names.insert(tool->table);
    }
    return {names.begin(), names.end()};
}

std::vector<model::Trace> traces_in(const std::vector<Shape>& shapes, const Suspects& suspects) {
    std::vector<model::Trace> traces;
    for (const auto& shape : shapes) {
        std::vector<const Tool*> fitting;
        for (const auto& tool : suspects.tools) {
            if (fits(*tool, shape, suspects.table.empty() ? tool->table : suspects.table))
                fitting.push_back(tool.get());
        }
        for (const auto* tool : best_of(std::move(fitting)))
            traces.push_back({tool->name(), shape.schema, shape.table});
    }
    return traces;
}

}  // namespace schemalatch::tools
