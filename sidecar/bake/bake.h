// Reads the migrations of an image at build time and turns them into a requirement. Touches files, never a database.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/gate/requirement.h"

namespace schemalatch::bake {

// One line each, `FILE:LINE: what is wrong; what to do` where there is a line. Never empty.
using Problems = std::vector<std::string>;

// `tool` is a name in the catalogue; `folders` are not empty. What cannot be read for sure is a problem, never a guess.
// The requirement's source and digest are left empty: a file that is read gives them.
tl::expected<gate::Requirement, Problems> bake(const std::string& tool,
                                               const std::vector<std::filesystem::path>& folders);

}  // namespace schemalatch::bake
