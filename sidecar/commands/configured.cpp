#include "sidecar/commands/configured.h"

#include "sidecar/log.h"
#include "sidecar/own_tools.h"

namespace schemalatch::commands {

namespace {

void log_all(const config::Problems& problems) {
    for (const auto& problem : problems) log::error(problem);
}

void remark(const config::DependencySettings& settings, const config::Target& target) {
    for (const auto& text : remarks(settings, target)) log::info(text);
}

void remark(const Dependency& dependency) {
    remark(dependency.settings, dependency.target);
    for (const auto& text : cautions(dependency)) log::warn(text);
}

// Of one that is not complete yet, what its requirement calls for is said when it has come.
void remark(const Watchable& watchable) {
    if (const auto* complete = std::get_if<Dependency>(&watchable)) return remark(*complete);
    const auto& outline = std::get<Outline>(watchable);
    remark(outline.settings, outline.target);
}

// Resolves each, so that all problems are told together.
template <typename Resolved, typename Resolve>
std::optional<std::vector<Resolved>> resolve_all(const config::Config& config, const Resolve& resolve_one) {
    std::vector<Resolved> all;
    for (const auto& settings : config.dependencies) {
        auto resolved = resolve_one(settings);
        if (resolved) {
            remark(*resolved);
            all.push_back(std::move(*resolved));
        } else {
            log_all(resolved.error());
        }
    }
    return all.size() == config.dependencies.size() ? std::optional{std::move(all)} : std::nullopt;
}

}  // namespace

std::optional<tools::Catalogue> catalogue_or_log(const config::Config& config) {
    auto catalogue = catalogue_of(config.tools);
    if (catalogue) return std::move(*catalogue);
    log_all(catalogue.error());
    return std::nullopt;
}

std::optional<config::Config> configure_only(const config::Sources& sources) {
    auto loaded = config::load(sources);
    if (!loaded) {
        log_all(loaded.error());
        return std::nullopt;
    }
    for (const auto& warning : loaded->warnings) log::warn(warning);
    return std::move(loaded->config);
}

std::optional<Configured> configure(const config::Sources& sources) {
    const auto config = configure_only(sources);
    const auto catalogue = config ? catalogue_or_log(*config) : std::nullopt;
    if (!catalogue) return std::nullopt;
    auto dependencies = resolve_all<Dependency>(*config, [&](const auto& it) { return resolve(it, *catalogue); });
    if (!dependencies) return std::nullopt;
    return Configured{config->http, std::move(*dependencies)};
}

std::optional<ConfiguredPatiently> configure_patiently(const config::Sources& sources) {
    const auto config = configure_only(sources);
    const auto catalogue = config ? catalogue_or_log(*config) : std::nullopt;
    if (!catalogue) return std::nullopt;
    auto dependencies =
        resolve_all<Watchable>(*config, [&](const auto& it) { return resolve_patiently(it, *catalogue); });
    if (!dependencies) return std::nullopt;
    return ConfiguredPatiently{config->http, std::move(*dependencies)};
}

}  // namespace schemalatch::commands
