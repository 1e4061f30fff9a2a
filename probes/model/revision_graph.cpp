#include "probes/model/revision_graph.h"

#include "probes/model/printable.h"

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

// Of the revisions that could not be ordered some only build upon a cycle; walking up long enough ends on it.
std::string on_a_cycle(const Parents& parents, const std::vector<std::string>& ordered) {
    const Revisions done{ordered.begin(), ordered.end()};
    auto at = parents.begin();
    while (done.contains(at->first)) ++at;
    for (std::size_t step = 0; step < parents.size(); ++step) {
        for (const auto& parent : at->second) {
            if (!done.contains(parent)) {
                at = parents.find(parent);
                break;
            }
        }
    }
    return at->first;
}

}  // namespace

tl::expected<RevisionGraph, std::string> RevisionGraph::make(Parents parents) {
    if (auto checked = check_parents(parents); !checked) return tl::make_unexpected(checked.error());
    auto order = sort_topologically(parents);
    if (order.size() != parents.size()) {
        return tl::make_unexpected("revision \"" + printable(on_a_cycle(parents, order)) + "\" is its own ancestor");
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
