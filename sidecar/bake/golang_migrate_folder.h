// Reads a folder of golang-migrate files: `<digits>_<title>.up.<ext>`; the rest is passed over, as the tool does.
#pragma once

#include "sidecar/bake/bake.h"

namespace schemalatch::bake {

tl::expected<gate::Requirement, Problems> bake_golang_migrate(const std::vector<std::filesystem::path>& folders);

}  // namespace schemalatch::bake
