// The configuration file. The only place that knows TOML.
#pragma once

#include <string>
#include <string_view>

#include "sidecar/config/config.h"

namespace schemalatch::config {

// Reads TOML `text` into `config`. `path` is for messages. What is wrong is added to `problems`, each with file and
// line.
void read_file(std::string_view text, const std::string& path, Config& config, Problems& problems);

}  // namespace schemalatch::config
