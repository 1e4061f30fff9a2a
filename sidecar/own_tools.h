// Migration tools that a configuration describes, beside those that we know.
#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "probes/tools/catalogue.h"
#include "sidecar/config/config.h"

namespace schemalatch {

// All problems are told together, each a line that names the tool and the key. Pure.
tl::expected<tools::Catalogue, config::Problems> catalogue_of(const std::vector<config::ToolSettings>& own);

}  // namespace schemalatch
