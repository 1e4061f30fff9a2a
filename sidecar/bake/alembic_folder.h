// Reads the versions folders of an Alembic project.
#pragma once

#include <filesystem>
#include <vector>

#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

// Files that Alembic itself would skip are skipped: other endings, names that begin with "__init__" or ".#". Folders
// are not searched recursively, as Alembic's are not by default.
BakedOrProblems bake_alembic(const std::vector<std::filesystem::path>& folders);

// The same for files already chosen. Required are the heads as `alembic heads` prints them: what no other revision has
// as down_revision; depends_on makes no difference.
tl::expected<gate::GraphRequirement, Problems> bake_alembic_files(const std::vector<std::filesystem::path>& files);

}  // namespace schemalatch::bake
