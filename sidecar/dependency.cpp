#include "sidecar/dependency.h"

#include <optional>

#include "probes/model/printable.h"
#include "probes/model/suggestion.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/sqlite/sqlite_probe.h"
#include "probes/tools/catalogue.h"
#include "sidecar/files/files.h"
#include "sidecar/requirement/load.h"
#include "sidecar/url_file_probe.h"

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
    return url;
}

Resolved<Target> resolve_target(const DependencySettings& settings) {
    const auto url = resolve_url(settings);
    if (!url) return tl::make_unexpected(url.error());
    const std::string key = settings.url.empty() ? "url_file: " : "url: ";
    auto target = config::parse_target(*url);
    if (!target) return tl::make_unexpected(key + target.error());
    return target;
}

Resolved<void> check_lock_url(const DependencySettings& settings, const Target& target) {
    if (settings.lock_url.empty()) return {};
    const auto lock = config::parse_target(settings.lock_url);
    if (!lock) return tl::make_unexpected("lock_url: " + lock.error());
    if (lock->index() == target.index()) return {};
    return tl::make_unexpected(
        std::string{"lock_url: names another kind of database than url; the lock is taken in the same one"});
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

Resolved<void> check_tool(const tools::Tool& tool, const Target& target) {
    const bool is_postgres = std::holds_alternative<PostgresTarget>(target);
    if (is_postgres ? tool.postgres.has_value() : tool.sqlite.has_value()) return {};
    return tl::make_unexpected("tool: " + std::string{tool.name} +
                               " keeps no table in this kind of database; correct tool or url");
}

std::string schema_in_url(const Target& target) {
    const auto* server = std::get_if<PostgresTarget>(&target);
    return server == nullptr ? "" : server->schema;
}

Resolved<void> check_table(const DependencySettings& settings, const Target& target) {
    if (const auto named = schema_in_url(target);
        !named.empty() && !settings.schema.empty() && named != settings.schema) {
        return tl::make_unexpected("schema: is " + model::quoted(settings.schema) + ", and the URL names " +
                                   model::quoted(named) + "; leave one of them out");
    }
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

tl::expected<Outline, config::Problems> outline(const DependencySettings& settings) {
    config::Problems problems;
    const auto note = [&](const std::string& problem) { problems.push_back(place(settings) + problem); };
    const auto target = resolve_target(settings);
    if (!target) note(target.error());
    if (target) {
        if (const auto checked = check_table(settings, *target); !checked) note(checked.error());
        if (const auto checked = check_lock_url(settings, *target); !checked) note(checked.error());
    }
    const auto tool = resolve_tool(settings);
    if (!tool) note(tool.error());
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    return Outline{settings, *target, *tool};
}

// nullopt also where that cannot be told yet, because the tool is not known.
std::optional<std::string> why_no_requirement(const DependencySettings& settings) {
    const auto tool = resolve_tool(settings);
    if (!tool) return settings.require.empty() ? std::optional{std::string{kNoRequirement}} : std::nullopt;
    const auto requirement = resolve_requirement(settings, *tool);
    return requirement ? std::nullopt : std::optional{requirement.error()};
}

bool may_come_later(const DependencySettings& settings) {
    return settings.require.starts_with('@') && settings.require_wait > model::Duration::zero();
}

struct MakeProbe {
    const Dependency& dependency;

    std::unique_ptr<model::Probe> operator()(const PostgresTarget& target) const {
        const auto& settings = dependency.settings;
        return postgres::make_postgres_probe({target.url, settings.password_file, dependency.tool,
                                              settings.schema.empty() ? target.schema : settings.schema,
                                              settings.table});
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
                               model::suggestion(name, names));
}

tl::expected<Dependency, config::Problems> resolve(const DependencySettings& settings) {
    auto outlined = outline(settings);
    if (outlined) return complete(*outlined);
    auto problems = std::move(outlined.error());
    if (const auto why = why_no_requirement(settings)) problems.push_back(place(settings) + *why);
    return tl::make_unexpected(std::move(problems));
}

tl::expected<Watchable, config::Problems> resolve_patiently(const DependencySettings& settings) {
    auto resolved = resolve(settings);
    if (resolved) return std::move(*resolved);
    if (may_come_later(settings)) {
        if (auto outlined = outline(settings)) return std::move(*outlined);
    }
    return tl::make_unexpected(std::move(resolved.error()));
}

tl::expected<Dependency, config::Problems> complete(const Outline& outline) {
    const auto& settings = outline.settings;
    const auto refuse = [&](const std::string& problem) {
        return tl::make_unexpected(config::Problems{place(settings) + problem});
    };
    auto requirement = resolve_requirement(settings, outline.tool);
    if (!requirement) return refuse(requirement.error());
    const auto* tool = tools::find(requirement->tool);
    if (const auto checked = check_tool(*tool, outline.target); !checked) return refuse(checked.error());
    return Dependency{settings, tool, outline.target, std::move(*requirement)};
}

std::vector<std::string> cautions(const Dependency& dependency) {
    const auto* graph = std::get_if<gate::GraphRequirement>(&dependency.requirement.needs);
    if (graph == nullptr || graph->ancestry) return {};
    return {place(dependency.settings) + "require " + model::quoted(dependency.requirement.source) +
            " carries no ancestry: this gate turns unready as soon as the database moves on; require a baked file"};
}

std::vector<std::string> remarks(const DependencySettings& settings, const Target& target) {
    const auto& dropped = dropped_parameters(target);
    if (dropped.empty()) return {};
    std::string names;
    for (const auto& name : dropped) names += (names.empty() ? "" : ", ") + name;
    return {place(settings) + "parameters of the URL that mean nothing to a look are passed over: " + names};
}

std::unique_ptr<model::Probe> make_probe(const Dependency& dependency) {
    if (dependency.settings.url_file.empty()) return std::visit(MakeProbe{dependency}, dependency.target);
    const auto make = [dependency](const Target& target) -> UrlFileProbe::Made {
        if (auto checked = check_tool(*dependency.tool, target); !checked) return tl::make_unexpected(checked.error());
        if (auto checked = check_table(dependency.settings, target); !checked)
            return tl::make_unexpected(checked.error());
        return std::visit(MakeProbe{dependency}, target);
    };
    return std::make_unique<UrlFileProbe>(dependency.settings.url_file, dependency.target, make);
}

}  // namespace schemalatch
