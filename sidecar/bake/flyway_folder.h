// Reads the locations of a Flyway project: the names of their files, in all folders below them.
#pragma once

#include <filesystem>
#include <vector>

#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

BakedOrProblems bake_flyway(const std::vector<std::filesystem::path>& folders);

}  // namespace schemalatch::bake
