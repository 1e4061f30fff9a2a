#include "sidecar/bake/bake.h"

#include <algorithm>
#include <array>

#include "probes/model/printable.h"
#include "sidecar/bake/alembic_folder.h"
#include "sidecar/bake/golang_migrate_folder.h"

namespace schemalatch::bake {

namespace {

using Folders = std::vector<std::filesystem::path>;

struct Baker {
    std::string_view tool;
    tl::expected<gate::Requirement, Problems> (*bake)(const Folders& folders);
};

constexpr std::array kBakers{Baker{"alembic", bake_alembic}, Baker{"golang-migrate", bake_golang_migrate}};

std::string bakeable_tools() {
    std::string names;
    for (const auto& baker : kBakers) names += (names.empty() ? "" : ", ") + std::string{baker.tool};
    return names;
}

}  // namespace

tl::expected<gate::Requirement, Problems> bake(const std::string& tool, const Folders& folders) {
    const auto found =
        std::find_if(kBakers.begin(), kBakers.end(), [&tool](const Baker& baker) { return baker.tool == tool; });
    if (found != kBakers.end()) return found->bake(folders);
    return tl::make_unexpected(Problems{"migrations of tool " + model::quoted(tool) +
                                        " cannot be baked; tools that can: " + bakeable_tools()});
}

}  // namespace schemalatch::bake
