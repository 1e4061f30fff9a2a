#include "sidecar/gate/literal.h"

#include "probes/model/printable.h"

namespace schemalatch::gate {

namespace {

using Ids = std::vector<std::string>;
using Read = tl::expected<Needs, std::string>;

Read read_number(const std::string& text, const model::Bookkeeping& books) {
    if (auto number = model::Number::parse(text)) {
        // Every database would satisfy it.
        if (number->is_negative())
            return tl::make_unexpected(model::quoted(text) + " is below 0, where no migration of " + books.tool +
                                       " stands; write the number that the image needs");
        return NumberRequirement{std::move(*number)};
    }
    return tl::make_unexpected(model::quoted(text) + " is not a number, which " + books.tool +
                               " counts in; for a baked file write @FILE");
}

Read read_graph(const std::string& text) {
    auto ids = split_literal(text);
    if (!ids) return tl::make_unexpected(ids.error());
    return GraphRequirement{std::move(*ids)};
}

Read read_set(const std::string& text, const model::Bookkeeping& books) {
    auto ids = split_literal(text);
    if (!ids) return tl::make_unexpected(ids.error());
    SetRequirement needs;
    for (auto& id : *ids) {
        if (const auto why = why_no_id(id, books); !why.empty())
            return tl::make_unexpected(model::quoted(id) + " " + why + "; for a baked file write @FILE");
        needs.items.push_back({std::move(id)});
    }
    return needs;
}

bool has_namespace(const std::string& id) {
    const auto dot = id.find('.');
    return dot != std::string::npos && dot > 0 && dot + 1 < id.size();
}

}  // namespace

tl::expected<Ids, std::string> split_literal(const std::string& text) {
    Ids ids(1);
    for (const char c : text) {
        if (c == ',') {
            ids.emplace_back();
        } else {
            ids.back() += c;
        }
    }
    for (const auto& id : ids) {
        if (id.empty() || id.find_first_of(" \t\r\n") != std::string::npos) {
            return tl::make_unexpected(model::quoted(text) +
                                       " is not a version, nor several joined by commas without blanks");
        }
    }
    return ids;
}

std::string why_no_id(const std::string& id, const model::Bookkeeping& books) {
    if (books.namespaced && !has_namespace(id)) return "names no migration of " + books.tool + "; write app.name";
    if (model::canonical_id(id, books.ids)) return "";
    return books.ids == model::IdOrder::number ? "is not a number, as the versions of " + books.tool + " are"
                                               : "is not a version of " + books.tool;
}

Read read_literal(const std::string& text, const model::Bookkeeping& books) {
    switch (books.ordering) {
        case model::Ordering::number:
            return read_number(text, books);
        case model::Ordering::graph:
            return read_graph(text);
        case model::Ordering::set:
            return read_set(text, books);
    }
    return tl::make_unexpected(model::quoted(text) + " cannot be compared");
}

}  // namespace schemalatch::gate
