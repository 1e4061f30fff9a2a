#include "sidecar/config/environment.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string_view>

#include "probes/model/printable.h"
#include "sidecar/config/keys.h"

namespace schemalatch::config {

namespace {

constexpr std::string_view kPrefix = "SCHEMALATCH_";
constexpr std::string_view kConfigFile = "SCHEMALATCH_CONFIG";  // read before there is a config, by the command line

// Takes off the first of these that the text ends with; false if it ends with none.
bool take_ending(std::string_view& text, std::initializer_list<std::string_view> endings) {
    for (const auto ending : endings) {
        if (!text.ends_with(ending)) continue;
        text.remove_suffix(ending.size());
        return true;
    }
    return false;
}

// ..._PORT_<n>_TCP, UDP or SCTP, with or without _PROTO, _PORT or _ADDR
bool is_link_of_one_port(std::string_view name) {
    take_ending(name, {"_PROTO", "_PORT", "_ADDR"});
    if (!take_ending(name, {"_TCP", "_UDP", "_SCTP"})) return false;
    const auto number = name.find_last_not_of("0123456789") + 1;
    return number < name.size() && name.substr(0, number).ends_with("_PORT_");
}

// By hand: std::regex takes stack for each character.
bool is_service_link(std::string_view name) {
    constexpr std::string_view kNamedPort = "_SERVICE_PORT_";
    const auto named_port = name.find(kNamedPort);
    const bool has_name = named_port != std::string_view::npos && named_port + kNamedPort.size() < name.size();
    return has_name || name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT") || is_link_of_one_port(name);
}

// "orders-db" is ORDERS_DB in a variable's name.
std::string in_variable(std::string_view name) {
    std::string upper;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        upper += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
    return upper;
}

struct Variable {
    std::string name;
    std::string value;
};

// How the variables of each dependency begin, behind SCHEMALATCH_. By the names before any variable is read: one may
// set a name, and their order means nothing.
std::vector<std::string> beginnings(const Config& config) {
    std::vector<std::string> all;
    for (const auto& dependency : config.dependencies) all.push_back(in_variable(dependency.name) + "__");
    return all;
}

template <typename Section>
const Key<Section>* find_key(const std::vector<Key<Section>>& keys, std::string_view rest) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return in_variable(k.name) == rest; });
    return key == keys.end() ? nullptr : &*key;
}

struct Reader {
    Config& config;
    Problems& problems;
    std::vector<std::string> beginnings;  // by dependency

    // The variable's rest is the name of a key of this section: sets it.
    template <typename Section>
    bool set(const std::vector<Key<Section>>& keys, const std::string& rest, const Variable& variable,
             Section& section) const {
        const auto* key = find_key(keys, rest);
        if (key == nullptr) return false;
        if (const auto result = key->set(section, variable.value); !result)
            problems.push_back(variable.name + ": " + result.error());
        return true;
    }

    bool set_only_dependency(const std::string& rest, const Variable& variable) const {
        DependencySettings ignored;
        if (config.dependencies.size() == 1) return set(dependency_keys(), rest, variable, config.dependencies.front());
        if (!set(dependency_keys(), rest, variable, ignored)) return false;
        problems.push_back(variable.name + ": fits one dependency, but several are configured; write " +
                           std::string{kPrefix} + "<NAME>__" + rest);
        return true;
    }

    bool set_named_dependency(const std::string& rest, const Variable& variable) const {
        std::size_t fitting = 0;
        for (std::size_t i = 0; i < beginnings.size(); ++i) {
            if (!rest.starts_with(beginnings[i])) continue;
            if (set(dependency_keys(), rest.substr(beginnings[i].size()), variable, config.dependencies[i])) ++fitting;
        }
        if (fitting > 1)
            problems.push_back(variable.name +
                               ": fits several dependencies; give them names that differ in letters or digits");
        return fitting > 0;
    }
};

// Of two variables that both mean the URL it would be chance which is read last.
bool stands_beside_url(const std::string& name, const std::vector<std::string>& environment) {
    constexpr std::string_view kFile = "_FILE";
    if (!name.ends_with("URL_FILE")) return false;
    const std::string url = name.substr(0, name.size() - kFile.size()) + "=";
    return std::any_of(environment.begin(), environment.end(),
                       [&](const auto& entry) { return entry.starts_with(url) && entry.size() > url.size(); });
}

std::string warning_about(const std::string& name) {
    std::vector<std::string> known;
    for (const auto& key : http_keys()) known.push_back(environment_name(key.name));
    for (const auto& key : dependency_keys()) known.push_back(environment_name(key.name));
    const std::vector<std::string_view> names{known.begin(), known.end()};
    return "unknown environment variable " + model::printable(name) + " is ignored" + suggestion(name, names);
}

}  // namespace

void read_environment(const std::vector<std::string>& environment, Config& config, Problems& problems,
                      std::vector<std::string>& warnings) {
    const Reader reader{config, problems, beginnings(config)};
    constexpr std::size_t kMostWarnings = 20;
    std::size_t unknown = 0;
    for (const auto& entry : environment) {
        const auto equals = entry.find('=');
        if (!entry.starts_with(kPrefix) || equals == std::string::npos) continue;
        const Variable variable{entry.substr(0, equals), entry.substr(equals + 1)};
        if (variable.value.empty() || variable.name == kConfigFile || is_service_link(variable.name)) continue;
        const std::string rest = variable.name.substr(kPrefix.size());
        const bool known = reader.set(http_keys(), rest, variable, config.http) ||
                           reader.set_only_dependency(rest, variable) || reader.set_named_dependency(rest, variable);
        if (!known && ++unknown <= kMostWarnings) warnings.push_back(warning_about(variable.name));
        if (known && stands_beside_url(variable.name, environment)) {
            problems.push_back(variable.name + ": stands beside " + variable.name.substr(0, variable.name.rfind('_')) +
                               "; leave one of them out");
        }
    }
    if (unknown > kMostWarnings)
        warnings.push_back(std::to_string(unknown - kMostWarnings) +
                           " more unknown SCHEMALATCH_* variables are ignored");
}

}  // namespace schemalatch::config
