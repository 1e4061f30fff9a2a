#include "sidecar/config/file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "probes/model/printable.h"
#include "sidecar/config/keys.h"

namespace schemalatch::config {

namespace {

using model::printable;

using Line = toml::source_index;

// TOML's tables come sorted by key; people read a file from its top.
struct Reader {
    std::string path;
    std::multimap<Line, std::string>& problems;

    std::string at(const toml::node& node) const { return path + ":" + std::to_string(node.source().begin.line); }
    void report(const toml::node& node, const std::string& what) const {
        problems.emplace(node.source().begin.line, at(node) + ": " + what);
    }
};

std::string kind_of_value(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "text in quotes";
        case Kind::flag:
            return "true or false";
        case Kind::duration:
            return "a duration in quotes, such as \"10s\"";
        case Kind::list:
            return "a list of texts without commas, such as [\"app\", \"report\"]";
    }
    return "";
}

std::optional<std::string> joined(const toml::array* list) {
    if (list == nullptr) return std::nullopt;
    std::string text;
    for (const auto& entry : *list) {
        const auto word = entry.value_exact<std::string>();
        if (!word || word->empty() || word->find(',') != std::string::npos) return std::nullopt;
        text += (text.empty() ? "" : ",") + *word;
    }
    return text;
}

// The value as the environment would spell it; nullopt if TOML's type is not the key's. A bare number will do as text:
// `require = 42` can only mean one thing.
std::optional<std::string> text_of(const toml::node& node, Kind kind) {
    if (kind == Kind::flag) {
        const auto value = node.value_exact<bool>();
        if (!value) return std::nullopt;
        return *value ? "true" : "false";
    }
    if (kind == Kind::list) return joined(node.as_array());
    if (auto text = node.value_exact<std::string>()) return text;
    const auto number = node.value_exact<std::int64_t>();
    if (kind == Kind::text && number) return std::to_string(*number);
    return std::nullopt;
}

template <typename Section>
std::vector<std::string_view> names_of(const std::vector<Key<Section>>& keys) {
    std::vector<std::string_view> names;
    names.reserve(keys.size());
    for (const auto& key : keys) names.push_back(key.name);
    return names;
}

template <typename Section>
bool holds(const std::vector<Key<Section>>& keys, std::string_view name) {
    return std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.name == name; });
}

// A known key under the wrong header, which is easy to get wrong in TOML; else the nearest key of the right one.
std::string advice(std::string_view unknown, const std::vector<std::string_view>& names) {
    if (holds(http_keys(), unknown)) return "; it belongs under [http]";
    if (holds(dependency_keys(), unknown)) return "; it belongs under [[dependency]]";
    if (holds(tool_keys(), unknown)) return "; it belongs under [[tool]]";
    return suggestion(unknown, names);
}

template <typename Section>
void read_key(const Reader& reader, const Key<Section>& key, const toml::node& node, Section& section) {
    const auto text = text_of(node, key.kind);
    if (!text) return reader.report(node, std::string{key.name} + ": must be " + kind_of_value(key.kind));
    if (const auto set = key.set(section, *text); !set) reader.report(node, std::string{key.name} + ": " + set.error());
}

template <typename Section>
void read_section(const Reader& reader, const std::string& title, const std::vector<Key<Section>>& keys,
                  const toml::table& table, Section& section) {
    for (const auto& [name, node] : table) {
        const auto key = std::find_if(keys.begin(), keys.end(),
                                      [&, wanted = name.str()](const auto& k) { return k.name == wanted; });
        if (key != keys.end()) {
            read_key(reader, *key, node, section);
        } else {
            reader.report(
                node, "unknown key " + model::quoted(name.str()) + " in " + title + advice(name.str(), names_of(keys)));
        }
    }
}

void read_http(const Reader& reader, const toml::node& node, HttpSettings& http) {
    if (const auto* table = node.as_table()) return read_section(reader, "[http]", http_keys(), *table, http);
    reader.report(node, "http must be a table; write [http]");
}

bool is_given(const toml::table& table, std::string_view key) {
    return !table[key].value_or(std::string_view{}).empty();
}

// One element for each of the tables that are all called `name`.
template <typename Section>
void read_list(const Reader& reader, const std::string& name, const std::vector<Key<Section>>& keys,
               const toml::node& node, std::vector<Section>& sections) {
    const auto* list = node.as_array();
    if (list == nullptr || !list->is_array_of_tables())
        return reader.report(node, name + " must be a list of tables; write [[" + name + "]]");
    for (const auto& entry : *list) {
        auto& section = sections.emplace_back();
        section.origin = reader.at(entry);
        read_section(reader, "[[" + name + "]]", keys, *entry.as_table(), section);
    }
}

// Which of the two would count is not for the reader of the file to guess.
void check_urls(const Reader& reader, const toml::node& dependencies) {
    const auto* list = dependencies.as_array();
    if (list == nullptr || !list->is_array_of_tables()) return;
    for (const auto& entry : *list) {
        const auto& table = *entry.as_table();
        if (is_given(table, "url") && is_given(table, "url_file"))
            reader.report(*table.get("url_file"), "url_file: stands beside url; leave one of them out");
    }
}

void read_root(const Reader& reader, const toml::table& root, Config& config) {
    for (const auto& [name, node] : root) {
        if (name.str() == "http") {
            read_http(reader, node, config.http);
        } else if (name.str() == "dependency") {
            read_list(reader, "dependency", dependency_keys(), node, config.dependencies);
            check_urls(reader, node);
        } else if (name.str() == "tool") {
            read_list(reader, "tool", tool_keys(), node, config.tools);
        } else {
            reader.report(
                node, "unknown key " + model::quoted(name.str()) + advice(name.str(), {"http", "dependency", "tool"}));
        }
    }
}

// toml++ takes a piece of the stack for each part of a dotted key. In front of a "=", or in a header.
std::optional<std::size_t> line_of_overlong_key(std::string_view text) {
    constexpr auto kMostParts = 100;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto key = text.substr(0, std::min(end, text.find('=')));
        if (std::count(key.begin(), key.end(), '.') > kMostParts && key.find('#') == std::string_view::npos)
            return line;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

}  // namespace

void read_file(std::string_view text, const std::string& path, Config& config, Problems& problems) {
    const std::string shown = printable(path);
    std::multimap<Line, std::string> found;
    if (const auto line = line_of_overlong_key(text)) {
        problems.push_back(shown + ":" + std::to_string(*line) +
                           ": a key of so many parts is none of ours; take it out");
        return;
    }
    try {
        read_root({shown, found}, toml::parse(text, std::string_view{path}), config);
    } catch (const toml::parse_error& error) {
        const Line line = error.source().begin.line;
        found.emplace(line, shown + ":" + std::to_string(line) + ": not TOML: " + printable(error.description()));
    }
    for (auto& [line, problem] : found) problems.push_back(std::move(problem));
}

}  // namespace schemalatch::config
