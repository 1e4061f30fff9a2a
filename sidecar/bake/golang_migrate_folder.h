// Reads a folder of golang-migrate files: `<digits>_<title>.up.<ext>`; the rest is passed over, as the tool does.
#pragma once

#include <filesystem>
#include <vector>

#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

BakedOrProblems bake_golang_migrate(const std::vector<std::filesystem::path>& folders);

}  // namespace schemalatch::bake
