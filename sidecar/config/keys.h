// The one table of configuration keys. File, environment, flags and help read it; a test keeps the reference page in
// step.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/suggestion.h"
#include "sidecar/config/config.h"

namespace schemalatch::config {

// How a value is written in the file; in the environment and on the command line all are text.
enum class Kind {
    text,
    flag,      // true or false
    duration,  // "250ms", "10s", "1h30m"; for some keys "forever"
    list,      // of texts; joined by commas where there are no lists
};

// A key of Section. `set` puts the text into its member; the error says what is wrong with it, then what would be
// right.
template <typename Section>
struct Key {
    std::string_view name;
    Kind kind;
    std::string_view value;     // what stands for the value in help: "URL", "DURATION"
    std::string_view fallback;  // the default, as it would be written; empty: none
    std::string_view help;
    tl::expected<void, std::string> (*set)(Section&, std::string_view text);
};

const std::vector<Key<HttpSettings>>& http_keys();              // [http] in the file
const std::vector<Key<DependencySettings>>& dependency_keys();  // [[dependency]] in the file
const std::vector<Key<ToolSettings>>& tool_keys();              // [[tool]] in the file, and nowhere else

// "SCHEMALATCH_INTERVAL_READY"
std::string environment_name(std::string_view key);

using model::suggestion;

// Of the text of a duration; nullopt for "forever".
tl::expected<std::optional<model::Duration>, std::string> parse_duration(std::string_view text);

}  // namespace schemalatch::config
