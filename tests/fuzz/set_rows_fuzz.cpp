// Whatever rows a table holds, a look reads or refuses them, and what it reads can be judged and baked.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/tools/catalogue.h"
#include "probes/tools/select.h"
#include "sidecar/bake/observed.h"
#include "sidecar/gate/literal.h"
#include "sidecar/gate/verdict.h"

namespace {

using schemalatch::model::Observation;

std::string_view take(std::string_view& text, char end) {
    const auto part = text.substr(0, text.find(end));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

// A line is an id and, behind a tab, its mark; "\0" alone is NULL.
std::optional<std::string> column(std::string_view text) {
    return text == std::string_view{"\0", 1} ? std::nullopt : std::optional{std::string{text}};
}

void judge(const schemalatch::tools::Tool& tool, const std::string& required, Observation seen) {
    seen.books = tool.books;
    static_cast<void>(schemalatch::bake::bake_observation(seen));
    const auto needs = schemalatch::gate::read_literal(required, tool.books);
    if (needs) static_cast<void>(schemalatch::gate::judge({tool.name(), required, "", *needs}, seen, {}));
}

}  // namespace

// The first line is what is required, the others are rows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string required{take(text, '\n')};
    Observation seen;
    seen.has_table = true;
    while (!text.empty()) {
        auto line = take(text, '\n');
        const auto id = take(line, '\t');
        auto row = schemalatch::tools::read_row(column(id), column(line));
        if (row) seen.rows.push_back(std::move(*row));
    }
    for (const auto& tool : schemalatch::tools::Catalogue{}.all()) {
        if (tool->books.ordering == schemalatch::model::Ordering::set) judge(*tool, required, seen);
    }
    return 0;
}
