#include "sidecar/gate/requirement.h"

namespace schemalatch::gate {

namespace {

struct Ids {
    std::vector<std::string> operator()(const NumberRequirement& needs) const { return {needs.at_least.text()}; }
    std::vector<std::string> operator()(const GraphRequirement& needs) const { return needs.revisions; }
};

}  // namespace

std::vector<std::string> required_ids(const Requirement& requirement) { return std::visit(Ids{}, requirement.needs); }

}  // namespace schemalatch::gate
