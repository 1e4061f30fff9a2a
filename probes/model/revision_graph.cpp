#include "probes/model/revision_graph.h"

#include "probes/model/printable.h"
#include "probes/model/revision_cycle.h"

namespace schemalatch::model {

namespace {

tl::expected<void, std::string> check_parents(const Parents& parents) {
    for (const auto& [id, above] : parents) {
        for (const auto& parent : above) {
            if (!parents.contains(parent)) {
                return tl::make_unexpected("revision \"" + printable(id) + "\" builds upon \"" + printable(parent) +
                                           "\", which is not there");
            }
        }
    }
    return {};
}

// Kahn's algorithm over ordered containers. What stands on a cycle, or above one, never becomes free and is left out.
std::vector<std::string> sort_topologically(const Parents& parents) {
    std::map<std::string, std::size_t> waiting_for;
    std::map<std::string, Revisions> children;
    Revisions free;
    for (const auto& [id, above] : parents) {
        const Revisions distinct{above.begin(), above.end()};
        waiting_for[id] = distinct.size();
        for (const auto& parent : distinct) children[parent].insert(id);
        if (distinct.empty()) free.insert(id);
    }
    std::vector<std::string> order;
    while (!free.empty()) {
        order.push_back(std::move(free.extract(free.begin()).value()));
        for (const auto& child : children[order.back()]) {
            if (--waiting_for[child] == 0) free.insert(child);
        }
    }
    return order;
}

}  // namespace

tl::expected<RevisionGraph, std::string> RevisionGraph::make(Parents parents) {
    if (auto checked = check_parents(parents); !checked) return tl::make_unexpected(checked.error());
    auto order = sort_topologically(parents);
    if (order.size() != parents.size()) {
        return tl::make_unexpected("revision \"" + printable(find_cycle(parents).front()) + "\" is its own ancestor");
    }
    return RevisionGraph{std::move(parents), std::move(order)};
}

Revisions RevisionGraph::closure(const std::vector<std::string>& ids) const {
    Revisions found;
    std::vector<std::string> open = ids;
    while (!open.empty()) {
        const std::string id = std::move(open.back());
        open.pop_back();
        const auto node = parents_.find(id);
        if (node == parents_.end() || !found.insert(id).second) continue;
        open.insert(open.end(), node->second.begin(), node->second.end());
    }
    return found;
}

}  // namespace schemalatch::model
