#include "sidecar/gate/requirement.h"

#include <algorithm>

#include "probes/model/printable.h"

namespace schemalatch::gate {

namespace {

using Ids = std::vector<std::string>;

struct AllIds {
    Ids operator()(const NumberRequirement& needs) const {
        if (needs.steps.empty()) return {needs.at_least.text()};
        Ids ids;
        for (const auto& step : needs.steps) ids.push_back(step.text());
        return ids;
    }
    Ids operator()(const GraphRequirement& needs) const {
        if (!needs.ancestry) return needs.revisions;
        const auto required = needs.ancestry->closure(needs.revisions);
        Ids ids;
        for (const auto& id : needs.ancestry->in_order()) {
            if (required.contains(id)) ids.push_back(id);
        }
        return ids;
    }
    Ids operator()(const SetRequirement& needs) const { return all_ids(needs); }
    Ids operator()(const LiteralRequirement& needs) const { return {needs.text}; }
};

struct RequiredIds {
    Ids operator()(const NumberRequirement& needs) const { return {needs.at_least.text()}; }
    Ids operator()(const GraphRequirement& needs) const { return needs.revisions; }
    Ids operator()(const SetRequirement& needs) const {
        auto ids = all_ids(needs);
        if (needs.whole) std::reverse(ids.begin(), ids.end());
        return ids;
    }
    Ids operator()(const LiteralRequirement& needs) const { return {needs.text}; }
};

}  // namespace

Ids all_ids(const SetRequirement& needs) {
    Ids ids;
    ids.reserve(needs.items.size());
    for (const auto& item : needs.items) ids.push_back(item.id);
    return ids;
}

Ids all_ids(const Needs& needs) { return std::visit(AllIds{}, needs); }

Ids required_ids(const Requirement& requirement) { return std::visit(RequiredIds{}, requirement.needs); }

// Of a baked set a few ids would say little, and all of them too much.
std::string needed_phrase(const SetRequirement& needs) {
    if (needs.whole && needs.items.size() > 1) return std::to_string(needs.items.size()) + " migrations";
    return model::listed(all_ids(needs));
}

std::string needed_phrase(const Requirement& requirement) {
    if (const auto* set = std::get_if<SetRequirement>(&requirement.needs)) return needed_phrase(*set);
    return model::listed(required_ids(requirement));
}

}  // namespace schemalatch::gate
