// The JSON of /version and /version/NAME, which version_reader.h reads again. Pure.
#pragma once

#include <memory>
#include <string>

#include "sidecar/status.h"

namespace schemalatch::http {

enum class Lists {
    cut,  // The first kMostListed: `current` in its sorted order, `missing` in the order of applying. Counts are whole.
    whole,
};

// Body of /version, where lists are cut. `ready`: whether /readyz answers 200.
std::string version_json(const Status& status, bool ready, Lists lists = Lists::cut);

// Body of /version/NAME: one dependency, whole lists. Beyond kMostWhole they end early, and "cut" says so.
std::string dependency_json(const DependencyStatus& dependency);

// The same where it is long, else nullptr: then it can be written when it is asked for.
std::shared_ptr<const std::string> long_dependency_json(const DependencyStatus& dependency);

// As every time in the JSON: whole seconds in UTC, "2026-11-21T20:51:00Z".
std::string instant_text(SystemTime at);

}  // namespace schemalatch::http
