#include "sidecar/bake/bake.h"

#include <algorithm>
#include <array>

#include "sidecar/bake/alembic_folder.h"
#include "sidecar/bake/django_folder.h"
#include "sidecar/bake/flyway_folder.h"
#include "sidecar/bake/golang_migrate_folder.h"

namespace schemalatch::bake {

namespace {

using Folders = std::vector<std::filesystem::path>;

struct Baker {
    std::string_view tool;
    BakedOrProblems (*bake)(const Folders& folders);
};

constexpr std::array kBakers{Baker{"alembic", bake_alembic}, Baker{"django", bake_django}, Baker{"flyway", bake_flyway},
                             Baker{"golang-migrate", bake_golang_migrate}};

}  // namespace

BakedOrProblems bake_folders(const tools::Tool& tool, const Folders& folders) {
    const auto found =
        std::find_if(kBakers.begin(), kBakers.end(), [&](const Baker& baker) { return baker.tool == tool.name(); });
    if (found != kBakers.end()) return found->bake(folders);
    return tl::make_unexpected(Problems{"files of tool " + tool.name() +
                                        " cannot be read; list its migrations, one a line, to --from -, or bake "
                                        "--from-database"});
}

}  // namespace schemalatch::bake
