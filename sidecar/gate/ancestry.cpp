#include "sidecar/gate/ancestry.h"

namespace schemalatch::gate {

using model::Parents;
using model::RevisionGraph;
using model::Revisions;

const std::vector<std::string>* Ancestry::parents_of(const std::string& id) const {
    for (const auto* parents : {image_ == nullptr ? nullptr : &image_->parents(), lineage_}) {
        if (parents == nullptr) continue;
        if (const auto found = parents->find(id); found != parents->end()) return &found->second;
    }
    return nullptr;
}

Revisions Ancestry::closure(const std::vector<std::string>& ids) const {
    Revisions found;
    std::vector<std::string> open = ids;
    while (!open.empty()) {
        const std::string id = std::move(open.back());
        open.pop_back();
        if (!found.insert(id).second) continue;
        if (const auto* parents = parents_of(id)) open.insert(open.end(), parents->begin(), parents->end());
    }
    return found;
}

Revisions Ancestry::below(const std::vector<std::string>& ids) const {
    std::vector<std::string> parents;
    for (const auto& id : ids) {
        if (const auto* above = parents_of(id)) parents.insert(parents.end(), above->begin(), above->end());
    }
    return closure(parents);
}

tl::expected<RevisionGraph, std::string> Ancestry::graph_of(const std::vector<std::string>& ids) const {
    Parents parents;
    for (const auto& id : closure(ids)) {
        if (const auto* above = parents_of(id)) parents.emplace(id, *above);
    }
    for (const auto& id : ids) {
        if (!parents.contains(id)) return tl::make_unexpected("revision \"" + id + "\" is not known");
    }
    return RevisionGraph::make(std::move(parents));
}

}  // namespace schemalatch::gate
