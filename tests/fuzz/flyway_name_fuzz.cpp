// Whatever a file is called, what Flyway's names give is an id that compares, and the order of ids is one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "probes/model/id_order.h"
#include "sidecar/bake/flyway_name.h"

namespace {

using schemalatch::model::canonical_id;
using schemalatch::model::compare_ids;
using schemalatch::model::IdOrder;

void require(bool holds) {
    if (!holds) std::abort();
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    constexpr std::size_t kMost = 8;
    while (!text.empty() && lines.size() < kMost) {
        lines.push_back(text.substr(0, text.find('\n')));
        text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
    }
    return lines;
}

void check_name(std::string_view file_name) {
    const auto name = schemalatch::bake::parse_flyway_name(file_name);
    require(!name || !schemalatch::bake::is_misspelt_for_flyway(file_name));
    require(!name || canonical_id(name->id, IdOrder::dotted));
}

// Equal ids have one spelling, and no three of them go in a circle.
void check_order(const std::vector<std::string_view>& texts, IdOrder order) {
    std::vector<std::string> ids;
    for (const auto& text : texts) {
        if (auto id = canonical_id(text, order)) ids.push_back(std::move(*id));
    }
    for (const auto& a : ids) {
        require(canonical_id(a, order) == a);
        for (const auto& b : ids) {
            require((compare_ids(a, b, order) == 0) == (a == b));
            require((compare_ids(a, b, order) < 0) == (compare_ids(b, a, order) > 0));
            for (const auto& c : ids) {
                if (compare_ids(a, b, order) < 0 && compare_ids(b, c, order) < 0) require(compare_ids(a, c, order) < 0);
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto lines = lines_of({reinterpret_cast<const char*>(data), size});
    for (const auto& line : lines) check_name(line);
    for (const auto order : {IdOrder::none, IdOrder::text, IdOrder::number, IdOrder::dotted}) check_order(lines, order);
    return 0;
}
