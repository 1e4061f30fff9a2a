// SCHEMALATCH_* variables. Pure.
#pragma once

#include <string>
#include <vector>

#include "sidecar/config/config.h"

namespace schemalatch::config {

// Applies `environment` ("NAME=value") to `config`. SCHEMALATCH_<KEY> means the one dependency and the top level,
// SCHEMALATCH_<NAME>__<KEY> the one that the file calls so: in upper case, with _ for all but letters and digits. An
// empty value counts as not set. An unknown variable is one warning; one in the shape of a Kubernetes service link is
// passed over: a Service called schemalatch makes those.
void read_environment(const std::vector<std::string>& environment, Config& config, Problems& problems,
                      std::vector<std::string>& warnings);

}  // namespace schemalatch::config
