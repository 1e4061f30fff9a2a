// A short name for what is required, the same for the same needs however they were written down.
#pragma once

#include <string>

#include "sidecar/gate/requirement.h"

namespace schemalatch::requirement {

// "sha256:" and 64 hex digits, over tool, required ids and ancestry or steps; not over source and spelling.
std::string digest_of(const gate::Requirement& requirement);

}  // namespace schemalatch::requirement
