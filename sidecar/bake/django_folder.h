// Reads the migrations packages of a Django project's apps.
#pragma once

#include <filesystem>
#include <vector>

#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

// Each is a package `<app>/migrations`, whose label is the app's, or LABEL=FOLDER. An app that a migration depends on
// and that no folder was given for is a problem: without it the requirement would lack its migrations.
BakedOrProblems bake_django(const std::vector<std::filesystem::path>& folders);

// How a project lists all its migrations itself, for --from -.
extern const char* const kDjangoListing;

}  // namespace schemalatch::bake
