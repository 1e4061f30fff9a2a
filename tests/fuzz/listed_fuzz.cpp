// Whatever stands in a list, it is refused, or what is baked of it can be left out in part, written and read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sidecar/bake/listed.h"
#include "sidecar/bake/selection.h"
#include "sidecar/requirement/baked_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static const schemalatch::tools::Catalogue kCatalogue{};
    for (const auto& tool : kCatalogue.all()) {
        const auto baked = schemalatch::bake::bake_list(tool->books, text);
        if (!baked) continue;
        const auto selected = schemalatch::bake::select(*baked, {}, tool->books);
        if (!selected) std::abort();
        const schemalatch::gate::Requirement requirement{tool->name(), "", "", selected->needs};
        const auto ids = schemalatch::gate::required_ids(requirement);
        static_cast<void>(schemalatch::bake::select(*baked, {ids.back(), {ids.front()}}, tool->books));
        if (!schemalatch::requirement::from_json(schemalatch::requirement::to_json(requirement), kCatalogue))
            std::abort();
    }
    return 0;
}
