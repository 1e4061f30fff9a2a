#include "sidecar/requirement/load.h"

#include "probes/model/printable.h"
#include "sidecar/files/files.h"
#include "sidecar/gate/literal.h"
#include "sidecar/requirement/baked_file.h"
#include "sidecar/requirement/digest.h"

namespace schemalatch::requirement {

namespace {

using Loaded = tl::expected<gate::Requirement, std::string>;
using model::printable;

Loaded load_file(const std::string& path, const tools::Tool* tool, const tools::Catalogue& catalogue) {
    if (path.empty()) return tl::make_unexpected(std::string{"\"@\" names no file; write @FILE"});
    const auto text = files::read(path);
    if (!text) return tl::make_unexpected(text.error() + "; put the baked file there, or correct the path");
    auto loaded = from_json(*text, catalogue);
    if (!loaded) return tl::make_unexpected(printable(path) + " " + loaded.error());
    if (tool != nullptr && tool->name() != loaded->tool) {
        return tl::make_unexpected(printable(path) + " was baked for " + loaded->tool + ", but tool says " +
                                   tool->name() + "; leave tool out, or bake with --tool " + tool->name());
    }
    return loaded;
}

Loaded load_literal(const std::string& literal, const tools::Tool* tool) {
    if (tool == nullptr) {
        if (auto ids = gate::split_literal(literal); !ids) return tl::make_unexpected(ids.error());
        return gate::Requirement{"auto", "", "", gate::LiteralRequirement{literal}};
    }
    auto needs = gate::read_literal(literal, tool->books);
    if (!needs) return tl::make_unexpected(needs.error());
    return gate::Requirement{tool->name(), "", "", std::move(*needs)};
}

}  // namespace

Loaded load(const std::string& text, const tools::Tool* tool, const tools::Catalogue& catalogue) {
    auto loaded = text.starts_with('@') ? load_file(text.substr(1), tool, catalogue) : load_literal(text, tool);
    if (!loaded) return loaded;
    loaded->source = text;
    loaded->digest = digest_of(*loaded);
    return loaded;
}

}  // namespace schemalatch::requirement
