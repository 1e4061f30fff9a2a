// Whatever a baked file holds, it is refused, or it can be judged and written, and reads back as the same requirement.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sidecar/gate/verdict.h"
#include "sidecar/requirement/baked_file.h"
#include "sidecar/requirement/digest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace requirement = schemalatch::requirement;
    static const schemalatch::tools::Catalogue kCatalogue{};
    const auto read = requirement::from_json({reinterpret_cast<const char*>(data), size}, kCatalogue);
    if (!read) return 0;
    const auto again = requirement::from_json(requirement::to_json(*read), kCatalogue);
    if (!again || requirement::digest_of(*again) != requirement::digest_of(*read)) std::abort();
    schemalatch::model::Observation seen;
    seen.has_table = true;
    seen.books = kCatalogue.find(read->tool)->books;
    for (const auto& id : schemalatch::gate::required_ids(*read)) seen.rows.push_back({id});
    seen.rows.resize(seen.rows.size() - 1);
    static_cast<void>(schemalatch::gate::judge(*read, seen, {}));
    return 0;
}
