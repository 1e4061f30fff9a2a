#include <algorithm>

#include "probes/model/printable.h"
#include "sidecar/gate/compare.h"

namespace schemalatch::gate {

namespace {

using model::listed;
using model::RevisionGraph;
using model::Revisions;

std::vector<std::string> heads_of(const model::Observation& seen) {
    std::vector<std::string> heads;
    for (const auto& row : seen.rows) heads.push_back(row.id);
    std::sort(heads.begin(), heads.end());
    return heads;
}

// Nothing is never all: an empty requirement must not pass.
bool all_in(const std::vector<std::string>& ids, const Revisions& applied) {
    return !ids.empty() && std::all_of(ids.begin(), ids.end(), [&](const auto& id) { return applied.contains(id); });
}

std::vector<std::string> missing_in_order(const RevisionGraph& graph, const Revisions& required,
                                          const Revisions& applied) {
    std::vector<std::string> missing;
    for (const auto& id : graph.in_order()) {
        if (required.contains(id) && !applied.contains(id)) missing.push_back(id);
    }
    return missing;
}

std::vector<std::string> unknown_heads(const RevisionGraph& graph, const std::vector<std::string>& heads) {
    std::vector<std::string> unknown;
    for (const auto& head : heads) {
        if (!graph.contains(head)) unknown.push_back(head);
    }
    return unknown;
}

// The proper ancestors of the required revisions. A required revision may itself be one, by depends_on.
Revisions below(const RevisionGraph& graph, const std::vector<std::string>& required) {
    std::vector<std::string> parents;
    for (const auto& id : required) {
        const auto& above = graph.parents().at(id);
        parents.insert(parents.end(), above.begin(), above.end());
    }
    return graph.closure(parents);
}

// Alembic never keeps an ancestor beside its descendant: a head below a required revision says that the database has
// not got there, whatever unknown heads stand beside it.
bool any_in(const std::vector<std::string>& heads, const Revisions& revisions) {
    return std::any_of(heads.begin(), heads.end(), [&](const auto& head) { return revisions.contains(head); });
}

Verdict met(const std::vector<std::string>& heads, const GraphRequirement& needs) {
    Verdict verdict;
    verdict.state = State::satisfied;
    verdict.reason = "at " + listed(heads) + ", needs " + listed(needs.revisions);
    return verdict;
}

Verdict behind(const std::vector<std::string>& heads, const GraphRequirement& needs, std::vector<std::string> missing) {
    Verdict verdict;
    verdict.state = State::behind;
    verdict.reason = "at " + listed(heads) + ", needs " + listed(needs.revisions) + " (" + missing_phrase(missing) +
                     "); run the upgrade";
    verdict.missing = std::move(missing);
    return verdict;
}

Verdict beyond_the_image(const std::vector<std::string>& unknown, const GraphRequirement& needs,
                         UnknownRevision policy) {
    Verdict verdict;
    const std::string at =
        "at " + listed(unknown) + ", which this image does not know, needs " + listed(needs.revisions);
    switch (policy) {
        case UnknownRevision::ahead:
            verdict.state = State::satisfied;
            verdict.assumed = true;
            verdict.reason = at + "; assumed to be migrated by a newer image (unknown_revision = \"ahead\")";
            break;
        case UnknownRevision::fail:
            verdict.state = State::unknown;
            verdict.reason =
                at + "; refused by unknown_revision = \"fail\": deploy an image that knows it, or set \"ahead\"";
            break;
    }
    return verdict;
}

Verdict compare_with_ancestry(const GraphRequirement& needs, const RevisionGraph& graph,
                              const std::vector<std::string>& heads, UnknownRevision policy) {
    const Revisions applied = graph.closure(heads);
    if (all_in(needs.revisions, applied)) return met(heads, needs);
    const auto unknown = unknown_heads(graph, heads);
    if (unknown.empty() || any_in(heads, below(graph, needs.revisions))) {
        return behind(heads, needs, missing_in_order(graph, graph.closure(needs.revisions), applied));
    }
    return beyond_the_image(unknown, needs, policy);
}

// Nothing is known of how the required revisions relate to others, so only they themselves will do.
Verdict compare_by_equality(const GraphRequirement& needs, const std::vector<std::string>& heads) {
    if (all_in(needs.revisions, Revisions{heads.begin(), heads.end()})) return met(heads, needs);
    Verdict verdict;
    verdict.state = State::unknown;
    verdict.reason = "at " + listed(heads) + ", needs " + listed(needs.revisions) +
                     ": without the image's graph nobody can tell which comes first; require a baked file";
    return verdict;
}

}  // namespace

Verdict compare(const GraphRequirement& needs, const model::Observation& seen, UnknownRevision policy) {
    const auto heads = heads_of(seen);
    Verdict verdict = needs.ancestry ? compare_with_ancestry(needs, *needs.ancestry, heads, policy)
                                     : compare_by_equality(needs, heads);
    verdict.saw_database = true;
    verdict.current = heads;
    return verdict;
}

}  // namespace schemalatch::gate
