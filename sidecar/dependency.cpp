#include "sidecar/dependency.h"

#include <optional>

#include "probes/model/printable.h"
#include "probes/model/suggestion.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/sqlite/sqlite_probe.h"
#include "sidecar/auto_probe.h"
#include "sidecar/files/files.h"
#include "sidecar/log.h"
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

// Null where the baked file will tell, or the database.
Resolved<tools::ToolPtr> resolve_tool(const DependencySettings& settings, const tools::Catalogue& catalogue) {
    const bool baked = settings.require.starts_with('@');
    if (settings.tool == "auto" || (baked && settings.tool.empty())) return nullptr;
    if (settings.tool.empty())
        return tl::make_unexpected(
            "tool: is missing; set it by --tool, SCHEMALATCH_TOOL or in the file; schemalatch tools lists them");
    auto tool = find_tool(settings.tool, catalogue);
    if (!tool) return tl::make_unexpected("tool: " + tool.error());
    return tool;
}

Resolved<gate::Requirement> resolve_requirement(const DependencySettings& settings, const tools::Tool* tool,
                                                const tools::Catalogue& catalogue) {
    if (settings.require.empty()) return tl::make_unexpected(std::string{kNoRequirement});
    auto loaded = requirement::load(settings.require, tool, catalogue);
    if (!loaded) return tl::make_unexpected("require: " + loaded.error());
    return loaded;
}

bool is_kept_in(const tools::Tool& tool, const Target& target) {
    return std::holds_alternative<PostgresTarget>(target) ? tool.postgres.has_value() : tool.sqlite.has_value();
}

Resolved<void> check_tool(const tools::Tool* tool, const Target& target) {
    if (tool == nullptr || is_kept_in(*tool, target)) return {};
    return tl::make_unexpected("tool: " + tool->name() +
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

// nullopt also where that cannot be told yet, because the tool is not known.
std::optional<std::string> why_no_requirement(const DependencySettings& settings, const tools::Catalogue& catalogue) {
    const auto tool = resolve_tool(settings, catalogue);
    if (!tool) return settings.require.empty() ? std::optional{std::string{kNoRequirement}} : std::nullopt;
    const auto requirement = resolve_requirement(settings, tool->get(), catalogue);
    return requirement ? std::nullopt : std::optional{requirement.error()};
}

bool may_come_later(const DependencySettings& settings) {
    return settings.require.starts_with('@') && settings.require_wait > model::Duration::zero();
}

struct MakeProbe {
    const DependencySettings& settings;
    tools::ToolPtr tool;

    std::unique_ptr<model::Probe> operator()(const PostgresTarget& target) const {
        return postgres::make_postgres_probe(postgres_settings(settings, target), tool, settings.table);
    }
    std::unique_ptr<model::Probe> operator()(const SqliteTarget& target) const {
        return sqlite::make_sqlite_probe(
            {.file = std::filesystem::absolute(target.file), .journal = !settings.journal.empty()}, tool,
            settings.table);
    }

    static postgres::PostgresSettings postgres_settings(const DependencySettings& settings,
                                                        const PostgresTarget& target) {
        return {target.url, settings.password_file, settings.schema.empty() ? target.schema : settings.schema,
                settings.journal};
    }
};

struct MakeRecogniser {
    const Outline& outline;

    std::unique_ptr<model::Probe> operator()(const PostgresTarget& target) const {
        return postgres::make_postgres_recogniser(MakeProbe::postgres_settings(outline.settings, target),
                                                  suspects(target));
    }
    std::unique_ptr<model::Probe> operator()(const SqliteTarget& target) const {
        return sqlite::make_sqlite_recogniser(std::filesystem::absolute(target.file), suspects(target));
    }

    tools::Suspects suspects(const Target& target) const {
        tools::Suspects suspects{{}, outline.settings.table};
        for (const auto& tool : outline.catalogue.all()) {
            if (is_kept_in(*tool, target)) suspects.tools.push_back(tool);
        }
        return suspects;
    }
};

std::unique_ptr<model::Probe> make_direct_probe(const Outline& outline, const Target& target) {
    if (outline.tool == nullptr) return std::visit(MakeRecogniser{outline}, target);
    return std::visit(MakeProbe{outline.settings, outline.tool}, target);
}

// One that follows the file that holds the URL, where there is one.
std::unique_ptr<model::Probe> make_following_probe(const Outline& outline) {
    if (outline.settings.url_file.empty()) return make_direct_probe(outline, outline.target);
    const auto make = [outline](const Target& target) -> UrlFileProbe::Made {
        if (auto checked = check_tool(outline.tool.get(), target); !checked)
            return tl::make_unexpected(checked.error());
        if (auto checked = check_table(outline.settings, target); !checked) return tl::make_unexpected(checked.error());
        return make_direct_probe(outline, target);
    };
    return std::make_unique<UrlFileProbe>(outline.settings.url_file, outline.target, make);
}

}  // namespace

tl::expected<tools::ToolPtr, std::string> find_tool(const std::string& name, const tools::Catalogue& catalogue) {
    if (auto tool = catalogue.find(name)) return tool;
    std::vector<std::string_view> names;
    for (const auto& tool : catalogue.all()) names.push_back(tool->name());
    return tl::make_unexpected(model::quoted(name) + " is not known; schemalatch tools lists them" +
                               model::suggestion(name, names));
}

tl::expected<Outline, config::Problems> outline(const DependencySettings& settings, const tools::Catalogue& catalogue) {
    config::Problems problems;
    const auto note = [&](const std::string& problem) { problems.push_back(place(settings) + problem); };
    const auto target = resolve_target(settings);
    if (!target) note(target.error());
    if (target) {
        if (const auto checked = check_table(settings, *target); !checked) note(checked.error());
        if (const auto checked = check_lock_url(settings, *target); !checked) note(checked.error());
    }
    const auto tool = resolve_tool(settings, catalogue);
    if (!tool) note(tool.error());
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    return Outline{settings, *target, *tool, catalogue};
}

tl::expected<Dependency, config::Problems> resolve(const DependencySettings& settings,
                                                   const tools::Catalogue& catalogue) {
    auto outlined = outline(settings, catalogue);
    if (outlined) return complete(*outlined);
    auto problems = std::move(outlined.error());
    if (const auto why = why_no_requirement(settings, catalogue)) problems.push_back(place(settings) + *why);
    return tl::make_unexpected(std::move(problems));
}

tl::expected<Watchable, config::Problems> resolve_patiently(const DependencySettings& settings,
                                                            const tools::Catalogue& catalogue) {
    auto resolved = resolve(settings, catalogue);
    if (resolved) return std::move(*resolved);
    if (may_come_later(settings)) {
        if (auto outlined = outline(settings, catalogue)) return std::move(*outlined);
    }
    return tl::make_unexpected(std::move(resolved.error()));
}

tl::expected<Dependency, config::Problems> complete(const Outline& outline) {
    const auto& settings = outline.settings;
    const auto refuse = [&](const std::string& problem) {
        return tl::make_unexpected(config::Problems{place(settings) + problem});
    };
    auto requirement = resolve_requirement(settings, outline.tool.get(), outline.catalogue);
    if (!requirement) return refuse(requirement.error());
    auto tool = outline.catalogue.find(requirement->tool);
    if (const auto checked = check_tool(tool.get(), outline.target); !checked) return refuse(checked.error());
    return Dependency{settings, std::move(tool), outline.target, outline.catalogue, std::move(*requirement)};
}

std::vector<std::string> cautions(const Dependency& dependency) {
    const auto* graph = std::get_if<gate::GraphRequirement>(&dependency.requirement.needs);
    if (graph == nullptr || graph->ancestry) return {};
    return {place(dependency.settings) + "require " + model::quoted(dependency.requirement.source) +
            " carries no ancestry: without a journal this gate turns unready as soon as the database moves on; require "
            "a baked file"};
}

std::vector<std::string> remarks(const DependencySettings& settings, const Target& target) {
    const auto& dropped = dropped_parameters(target);
    if (dropped.empty()) return {};
    std::string names;
    for (const auto& name : dropped) names += (names.empty() ? "" : ", ") + name;
    return {place(settings) + "parameters of the URL that mean nothing to a look are passed over: " + names};
}

std::unique_ptr<model::Probe> make_probe(const Outline& outline) {
    if (outline.tool != nullptr) return make_following_probe(outline);
    const auto make = [outline](const std::string& tool) {
        auto known = outline;
        known.tool = outline.catalogue.find(tool);
        return make_following_probe(known);
    };
    const auto report = [name = outline.settings.name](const model::Trace& trace) {
        log::info(name + ": tool \"auto\" has found " + trace.tool + ", by the columns of table \"" +
                  model::printable(trace.table) + "\"");
    };
    return std::make_unique<AutoProbe>(make_following_probe(outline), make, report);
}

std::unique_ptr<model::Probe> make_probe(const Dependency& dependency) {
    return make_probe(Outline{dependency.settings, dependency.target, dependency.tool, dependency.catalogue});
}

}  // namespace schemalatch
