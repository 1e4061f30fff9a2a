// Puts a Config together: defaults, then the file, then the environment, then the command line.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/config/config.h"

namespace schemalatch::config {

struct Setting {
    std::string key;
    std::string value;
};

struct Sources {
    std::optional<std::string> file = {};        // path
    std::vector<std::string> environment = {};   // "NAME=value", all of it; only SCHEMALATCH_* counts
    std::vector<Setting> flags = {};             // by key name, without the dashes
    std::optional<std::string> dependency = {};  // only this one of the file's matters; the others are still checked
};

struct Loaded {
    Config config;
    std::vector<std::string> warnings;  // one line each
};

// Reads the file and nothing else. All problems are told together. With no [[dependency]] in the file, environment and
// flags describe one, named "database".
tl::expected<Loaded, Problems> load(const Sources& sources);

}  // namespace schemalatch::config
