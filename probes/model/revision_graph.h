// The ancestry of revisions: which revision needs which others to be applied before it.
//
// Invariant: every parent is itself in the graph, and there is no cycle. Ids are opaque text. Pure; immutable once
// made, so it may be read from any thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::model {

// Revision id -> the ids that it directly builds upon (for Alembic: down_revision and depends_on together).
using Parents = std::map<std::string, std::vector<std::string>, std::less<>>;
using Revisions = std::set<std::string, std::less<>>;

class RevisionGraph {
public:
    // The error is one line that names the revision whose parent is missing, or one that stands on a cycle.
    static tl::expected<RevisionGraph, std::string> make(Parents parents);

    bool contains(std::string_view id) const { return parents_.contains(id); }
    const Parents& parents() const { return parents_; }

    // The given revisions that the graph knows, and all their ancestors.
    Revisions closure(const std::vector<std::string>& ids) const;

    // All revisions, each after all its parents; ties by id, so the order is the same everywhere.
    const std::vector<std::string>& in_order() const { return order_; }

private:
    RevisionGraph(Parents parents, std::vector<std::string> order)
        : parents_{std::move(parents)}, order_{std::move(order)} {}

    Parents parents_;
    std::vector<std::string> order_;
};

}  // namespace schemalatch::model
