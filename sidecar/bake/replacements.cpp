#include "sidecar/bake/replacements.h"

#include <utility>

#include "probes/model/printable.h"

namespace schemalatch::bake {

Replacements replacements_in(const std::vector<gate::Item>& items) {
    Replacements replacements;
    for (const auto& item : items) {
        for (const auto& id : item.replaces) {
            if (id != item.id) replacements.emplace(id, item.id);
        }
    }
    return replacements;
}

std::optional<std::string> final_replacement(const std::string& id, const Replacements& replacements) {
    const std::string* at = &id;
    for (std::size_t steps = 0; steps <= replacements.size(); ++steps) {
        const auto next = replacements.find(*at);
        if (next == replacements.end()) return *at;
        at = &next->second;
    }
    return std::nullopt;
}

tl::expected<gate::SetRequirement, std::string> required_of(std::vector<gate::Item> items) {
    const auto replacements = replacements_in(items);
    gate::SetRequirement needs{.items = {}, .whole = true};
    for (auto& item : items) {
        if (!final_replacement(item.id, replacements)) {
            return tl::make_unexpected("\"" + model::printable(item.id) +
                                       "\" is replaced by what it replaces itself; mend replaces");
        }
        if (!replacements.contains(item.id)) {
            needs.items.push_back(std::move(item));
        } else if (!item.replaces.empty()) {
            needs.others.push_back(std::move(item));
        }
    }
    return needs;
}

}  // namespace schemalatch::bake
