#include "sidecar/commands/configured.h"

#include "sidecar/log.h"

namespace schemalatch::commands {

namespace {

void log_all(const config::Problems& problems) {
    for (const auto& problem : problems) log::error(problem);
}

}  // namespace

std::optional<Configured> configure(const config::Sources& sources) {
    const auto loaded = config::load(sources);
    if (!loaded) {
        log_all(loaded.error());
        return std::nullopt;
    }
    for (const auto& warning : loaded->warnings) log::warn(warning);
    Configured configured{loaded->config.http, {}};
    bool complete = true;
    for (const auto& settings : loaded->config.dependencies) {
        auto dependency = resolve(settings);
        if (dependency) {
            for (const auto& caution : cautions(*dependency)) log::warn(caution);
            configured.dependencies.push_back(std::move(*dependency));
        } else {
            log_all(dependency.error());
            complete = false;
        }
    }
    return complete ? std::optional{std::move(configured)} : std::nullopt;
}

}  // namespace schemalatch::commands
