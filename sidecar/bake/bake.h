// Reads the migrations of an image at build time, from wherever they are told. Touches files, never a database.
#pragma once

#include <filesystem>
#include <vector>

#include "probes/tools/tool.h"
#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

// The files of a tool that we know how to read; `folders` are not empty. What cannot be read for sure is a problem,
// never a guess.
BakedOrProblems bake_folders(const tools::Tool& tool, const std::vector<std::filesystem::path>& folders);

}  // namespace schemalatch::bake
