#include "sidecar/gate/requirement.h"

namespace schemalatch::gate {

namespace {

struct Ids {
    std::vector<std::string> operator()(const NumberRequirement& needs) const { return {needs.at_least.text()}; }
    std::vector<std::string> operator()(const GraphRequirement& needs) const { return needs.revisions; }
    std::vector<std::string> operator()(const SetRequirement& needs) const {
        std::vector<std::string> ids;
        ids.reserve(needs.items.size());
        for (auto item = needs.items.rbegin(); item != needs.items.rend(); ++item) ids.push_back(item->id);
        return ids;
    }
    std::vector<std::string> operator()(const LiteralRequirement& needs) const { return {needs.text}; }
};

}  // namespace

std::vector<std::string> required_ids(const Requirement& requirement) { return std::visit(Ids{}, requirement.needs); }

}  // namespace schemalatch::gate
