#include <fmt/format.h>

#include "probes/tools/catalogue.h"
#include "sidecar/commands/commands.h"
#include "sidecar/commands/configured.h"
#include "sidecar/dependency.h"

namespace schemalatch::commands {

namespace {

using tools::Tool;

std::string_view word_for(model::Ordering ordering) {
    switch (ordering) {
        case model::Ordering::number:
            return "number: ready when the current number is not lower than the required one";
        case model::Ordering::graph:
            return "graph: ready when each required revision is a current head or an ancestor of one";
        case model::Ordering::set:
            return "set: ready when every required migration is among those that are applied";
    }
    return "";
}

// A query may name what it reads by itself, and which columns it reads it alone knows.
std::string table_of(const Tool& tool) {
    if (tool.table.empty()) return "what its query names";
    return tool.columns.empty() ? tool.table : fmt::format("{} ({})", tool.table, fmt::join(tool.columns, ", "));
}

void describe(const Tool& tool) {
    fmt::print("{}: {}\n", tool.name(), tool.summary);
    fmt::print("  table     {}\n", table_of(tool));
    fmt::print("  order     {}\n", word_for(tool.books.ordering));
    fmt::print("  failures  {}\n", tool.dirty_means.empty() ? "not recorded by the tool" : tool.dirty_means);
    if (tool.postgres)
        fmt::print("  postgres  {}{}\n", tool.postgres->select,
                   tool.postgres->advisory_locks != nullptr ? "; looks for its advisory lock" : "");
    if (tool.sqlite) fmt::print("  sqlite    {}\n", tool.sqlite->select);
}

void list(const tools::Catalogue& catalogue) {
    for (const auto& tool : catalogue.all()) fmt::print("{:<18} {}\n", tool->name(), tool->summary);
}

}  // namespace

ExitCode tools(const Invocation& invocation) {
    const auto config = invocation.sources.file ? configure_only(invocation.sources) : config::Config{};
    const auto catalogue = config ? catalogue_or_log(*config) : std::nullopt;
    if (!catalogue) return ExitCode::config;
    if (invocation.tool.empty()) {
        list(*catalogue);
        return ExitCode::ready;
    }
    const auto tool = find_tool(invocation.tool, *catalogue);
    if (!tool) throw UsageError{"tool " + tool.error()};
    describe(**tool);
    return ExitCode::ready;
}

}  // namespace schemalatch::commands
