#include "sidecar/requirement/load.h"

#include "probes/model/printable.h"
#include "sidecar/files/files.h"
#include "sidecar/requirement/baked_file.h"
#include "sidecar/requirement/digest.h"

namespace schemalatch::requirement {

namespace {

using Loaded = tl::expected<gate::Requirement, std::string>;
using model::printable;

Loaded load_file(const std::string& path, const tools::Tool* tool) {
    if (path.empty()) return tl::make_unexpected(std::string{"\"@\" names no file; write @FILE"});
    const auto text = files::read(path);
    if (!text) return tl::make_unexpected(text.error() + "; put the baked file there, or correct the path");
    auto loaded = from_json(*text);
    if (!loaded) return tl::make_unexpected(printable(path) + " " + loaded.error());
    if (tool != nullptr && tool->name != loaded->tool) {
        return tl::make_unexpected(printable(path) + " was baked for " + loaded->tool + ", but tool says " +
                                   std::string{tool->name} + "; leave tool out, or bake with --tool " +
                                   std::string{tool->name});
    }
    return loaded;
}

tl::expected<std::vector<std::string>, std::string> split_literal(const std::string& literal) {
    std::vector<std::string> ids(1);
    for (const char c : literal) {
        if (c == ',') {
            ids.emplace_back();
        } else {
            ids.back() += c;
        }
    }
    for (const auto& id : ids) {
        if (id.empty() || id.find_first_of(" \t\r\n") != std::string::npos) {
            return tl::make_unexpected(model::quoted(literal) +
                                       " is not a version, nor several joined by commas without blanks");
        }
    }
    return ids;
}

Loaded load_number(const std::string& literal, const tools::Tool& tool) {
    auto number = model::Number::parse(literal);
    if (number) return gate::Requirement{std::string{tool.name}, "", "", gate::NumberRequirement{std::move(*number)}};
    return tl::make_unexpected(model::quoted(literal) + " is not a number, which " + std::string{tool.name} +
                               " counts in; for a baked file write @FILE");
}

Loaded load_graph(const std::string& literal, const tools::Tool& tool) {
    auto ids = split_literal(literal);
    if (!ids) return tl::make_unexpected(ids.error());
    return gate::Requirement{std::string{tool.name}, "", "", gate::GraphRequirement{std::move(*ids)}};
}

Loaded load_literal(const std::string& literal, const tools::Tool* tool) {
    if (tool == nullptr)
        return tl::make_unexpected(
            "a literal version says nothing without a tool; set tool, or give a baked file as @FILE");
    switch (tool->ordering) {
        case tools::Ordering::number:
            return load_number(literal, *tool);
        case tools::Ordering::graph:
            return load_graph(literal, *tool);
    }
    return tl::make_unexpected("a literal cannot be compared");
}

}  // namespace

Loaded load(const std::string& text, const tools::Tool* tool) {
    auto loaded = text.starts_with('@') ? load_file(text.substr(1), tool) : load_literal(text, tool);
    if (!loaded) return loaded;
    loaded->source = text;
    loaded->digest = digest_of(*loaded);
    return loaded;
}

}  // namespace schemalatch::requirement
