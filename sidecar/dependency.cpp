#include "sidecar/dependency.h"

#include "probes/model/printable.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/sqlite/sqlite_probe.h"
#include "probes/tools/catalogue.h"
#include "sidecar/config/keys.h"
#include "sidecar/files/files.h"
#include "sidecar/requirement/load.h"

namespace schemalatch {

namespace {

using config::DependencySettings;
using config::PostgresTarget;
using config::SqliteTarget;
using config::Target;

constexpr std::string_view kNoRequirement = "require: is missing; give a baked file as @FILE, or a literal version";

template <typename T>
using Resolved = tl::expected<T, std::string>;

Resolved<std::string> resolve_url(const DependencySettings& settings) {
    if (!settings.url.empty()) return settings.url;
    if (settings.url_file.empty())
        return tl::make_unexpected("url: is missing; set it by --url, SCHEMALATCH_URL, url_file or in the file");
    auto url = files::read(settings.url_file);
    if (!url) return tl::make_unexpected("url_file: " + url.error());
    if (url->ends_with('\n')) url->pop_back();
    return url;
}

Resolved<Target> resolve_target(const DependencySettings& settings) {
    const auto url = resolve_url(settings);
    if (!url) return tl::make_unexpected(url.error());
    const std::string key = settings.url.empty() ? "url_file: " : "url: ";
    auto target = config::parse_target(*url);
    if (!target) return tl::make_unexpected(key + target.error());
    if (const auto* server = std::get_if<PostgresTarget>(&*target)) {
        if (auto checked = postgres::check_url(server->url); !checked)
            return tl::make_unexpected(key + checked.error());
    }
    return target;
}

// Null where the baked file will tell.
Resolved<const tools::Tool*> resolve_tool(const DependencySettings& settings) {
    const bool baked = settings.require.starts_with('@');
    if (baked && (settings.tool.empty() || settings.tool == "auto")) return nullptr;
    if (settings.tool.empty())
        return tl::make_unexpected(
            "tool: is missing; set it by --tool, SCHEMALATCH_TOOL or in the file; schemalatch tools lists them");
    if (settings.tool == "auto")
        return tl::make_unexpected(
            "tool: \"auto\" needs a baked file, which names its tool; set require = \"@FILE\", or tool");
    auto tool = find_tool(settings.tool);
    if (!tool) return tl::make_unexpected("tool: " + tool.error());
    return tool;
}

Resolved<gate::Requirement> resolve_requirement(const DependencySettings& settings, const tools::Tool* tool) {
    if (settings.require.empty()) return tl::make_unexpected(std::string{kNoRequirement});
    auto loaded = requirement::load(settings.require, tool);
    if (!loaded) return tl::make_unexpected("require: " + loaded.error());
    return loaded;
}

bool reads(const tools::Tool& tool, const Target& target) {
    return std::holds_alternative<PostgresTarget>(target) ? tool.postgres.has_value() : tool.sqlite.has_value();
}

Resolved<void> check_table(const DependencySettings& settings, const Target& target) {
    if (std::holds_alternative<SqliteTarget>(target) && !settings.schema.empty()) {
        return tl::make_unexpected(std::string{"schema: SQLite has none; leave it out"});
    }
    const bool qualified = settings.schema.empty() && settings.table.find('.') != std::string::npos;
    if (qualified && std::holds_alternative<SqliteTarget>(target)) {
        return tl::make_unexpected("table: " + model::quoted(settings.table) +
                                   " holds a dot, and SQLite has no schemas; write the bare name");
    }
    if (qualified) {
        const auto dot = settings.table.find('.');
        return tl::make_unexpected("table: " + model::quoted(settings.table) + " holds a dot; write schema = \"" +
                                   model::printable(settings.table.substr(0, dot)) + "\" and table = \"" +
                                   model::printable(settings.table.substr(dot + 1)) + "\"");
    }
    return {};
}

std::string place(const DependencySettings& settings) {
    return (settings.origin.empty() ? "" : settings.origin + ": ") + "dependency \"" + settings.name + "\": ";
}

struct MakeProbe {
    const Dependency& dependency;

    std::unique_ptr<model::Probe> operator()(const PostgresTarget& target) const {
        const auto& settings = dependency.settings;
        return postgres::make_postgres_probe(
            {target.url, settings.password_file, dependency.tool, settings.schema, settings.table});
    }

    std::unique_ptr<model::Probe> operator()(const SqliteTarget& target) const {
        return sqlite::make_sqlite_probe(
            {std::filesystem::absolute(target.file), dependency.tool, dependency.settings.table});
    }
};

}  // namespace

tl::expected<const tools::Tool*, std::string> find_tool(const std::string& name) {
    if (const auto* tool = tools::find(name)) return tool;
    std::vector<std::string_view> names;
    for (const auto* tool : tools::all()) names.push_back(tool->name);
    return tl::make_unexpected(model::quoted(name) + " is not known; schemalatch tools lists them" +
                               config::suggestion(name, names));
}

tl::expected<Dependency, config::Problems> resolve(const DependencySettings& settings) {
    config::Problems problems;
    const auto note = [&](const std::string& problem) { problems.push_back(place(settings) + problem); };

    const auto target = resolve_target(settings);
    if (!target) note(target.error());
    if (target) {
        if (const auto checked = check_table(settings, *target); !checked) note(checked.error());
    }
    const auto tool = resolve_tool(settings);
    if (!tool) note(tool.error());
    auto requirement = tool ? resolve_requirement(settings, *tool) : tl::make_unexpected(std::string{});
    if (tool && !requirement) note(requirement.error());
    if (!tool && settings.require.empty()) note(std::string{kNoRequirement});
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));

    const auto* found = tools::find(requirement->tool);
    if (!reads(*found, *target)) {
        note("tool: " + requirement->tool + " keeps no table in this kind of database; correct tool or url");
        return tl::make_unexpected(std::move(problems));
    }
    return Dependency{settings, found, *target, std::move(*requirement)};
}

std::vector<std::string> cautions(const Dependency& dependency) {
    const auto* graph = std::get_if<gate::GraphRequirement>(&dependency.requirement.needs);
    if (graph == nullptr || graph->ancestry) return {};
    return {place(dependency.settings) + "require " + model::quoted(dependency.requirement.source) +
            " carries no ancestry: this gate turns unready as soon as the database moves on; require a baked file"};
}

std::unique_ptr<model::Probe> make_probe(const Dependency& dependency) {
    return std::visit(MakeProbe{dependency}, dependency.target);
}

}  // namespace schemalatch
