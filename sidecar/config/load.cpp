#include "sidecar/config/load.h"

#include <algorithm>
#include <set>

#include "probes/model/printable.h"
#include "sidecar/config/environment.h"
#include "sidecar/config/file.h"
#include "sidecar/config/keys.h"
#include "sidecar/files/files.h"

namespace schemalatch::config {

namespace {

void read_path(const std::string& path, Config& config, Problems& problems) {
    const auto text = files::read(path);
    if (text) return read_file(*text, path, config, problems);
    problems.push_back(text.error() + "; correct --config or SCHEMALATCH_CONFIG");
}

template <typename Section>
bool set_by_flag(const std::vector<Key<Section>>& keys, const Setting& flag, Section& section, Problems& problems) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == flag.key; });
    if (key == keys.end()) return false;
    if (const auto set = key->set(section, flag.value); !set) problems.push_back("--" + flag.key + ": " + set.error());
    return true;
}

void apply_flag(const Setting& flag, Config& config, Problems& problems) {
    if (set_by_flag(http_keys(), flag, config.http, problems)) return;
    if (config.dependencies.size() == 1) {
        set_by_flag(dependency_keys(), flag, config.dependencies.front(), problems);
    } else {
        problems.push_back(
            "--" + flag.key +
            ": fits one dependency, but several are configured; name one with --dependency, or set it in the file");
    }
}

// False: there is none of that name.
bool keep_only(const std::string& name, Config& config, Problems& problems) {
    auto& all = config.dependencies;
    std::string known;
    for (const auto& dependency : all)
        known += (known.empty() || dependency.name.empty() ? "" : ", ") + dependency.name;
    all.erase(std::remove_if(all.begin(), all.end(), [&](const auto& dependency) { return dependency.name != name; }),
              all.end());
    if (all.empty())
        problems.push_back("--dependency: there is none named " + model::quoted(name) + "; there is: " + known);
    return !all.empty();
}

void check_names(const Config& config, Problems& problems) {
    std::set<std::string> seen;
    for (const auto& dependency : config.dependencies) {
        const bool refused = dependency.name.empty();  // and told already
        if (refused || seen.insert(dependency.name).second) continue;
        problems.push_back(dependency.origin + ": a second dependency is named \"" + dependency.name +
                           "\"; give each its own name");
    }
}

}  // namespace

tl::expected<Loaded, Problems> load(const Sources& sources) {
    Loaded loaded;
    Problems problems;
    auto& config = loaded.config;
    if (sources.file) read_path(*sources.file, config, problems);
    const bool names_are_known = problems.empty() || !config.dependencies.empty();
    if (config.dependencies.empty()) config.dependencies.emplace_back();
    read_environment(sources.environment, config, problems, loaded.warnings);
    check_names(config, problems);
    if (sources.dependency && names_are_known && !keep_only(*sources.dependency, config, problems))
        return tl::make_unexpected(std::move(problems));
    for (const auto& flag : sources.flags) apply_flag(flag, config, problems);
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    return loaded;
}

}  // namespace schemalatch::config
