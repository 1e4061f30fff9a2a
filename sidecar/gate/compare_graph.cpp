#include <algorithm>

#include "probes/model/printable.h"
#include "sidecar/gate/ancestry.h"
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

std::vector<std::string> missing_in_order(const RevisionGraph& graph, const std::vector<std::string>& required,
                                          const Revisions& applied) {
    const auto needed = graph.closure(required);
    std::vector<std::string> missing;
    for (const auto& id : graph.in_order()) {
        if (needed.contains(id) && !applied.contains(id)) missing.push_back(id);
    }
    return missing;
}

bool any_in(const std::vector<std::string>& ids, const Revisions& revisions) {
    return std::any_of(ids.begin(), ids.end(), [&](const auto& id) { return revisions.contains(id); });
}

// As far as anybody knows what the required revisions build upon.
std::vector<std::string> missing_of(const GraphRequirement& needs, const Ancestry& ancestry, const Revisions& applied) {
    if (needs.ancestry) return missing_in_order(*needs.ancestry, needs.revisions, applied);
    const auto graph = ancestry.graph_of(needs.revisions);
    if (graph) return missing_in_order(*graph, needs.revisions, applied);
    std::vector<std::string> missing;
    for (const auto& id : needs.revisions) {
        if (!applied.contains(id)) missing.push_back(id);
    }
    return missing;
}

using Heads = std::vector<std::string>;

// The heads that only the lineage knows, or nobody.
Heads beyond_the_image(const Ancestry& ancestry, const Heads& heads) {
    Heads beyond;
    for (const auto& head : heads) {
        if (!ancestry.is_the_images(head)) beyond.push_back(head);
    }
    return beyond;
}

// Those whose place is not known. A lineage that does not hold together from the heads down places none of them: what
// is missing of it may be the very path to what is required.
Heads unplaced(const Ancestry& ancestry, const Heads& beyond) {
    Heads known;
    Heads unknown;
    for (const auto& head : beyond) (ancestry.is_known(head) ? known : unknown).push_back(head);
    return ancestry.graph_of(known) ? unknown : beyond;
}

// Of heads that are placed: those that build upon none of the required revisions.
Heads strays(const Ancestry& ancestry, const Heads& beyond, const std::vector<std::string>& required) {
    const auto graph = ancestry.graph_of(beyond);
    if (!graph) return {};
    Revisions descend{required.begin(), required.end()};
    for (const auto& id : graph->in_order()) {
        const auto& parents = graph->parents().at(id);
        if (any_in(parents, descend)) descend.insert(id);
    }
    Heads strays;
    for (const auto& head : beyond) {
        if (!descend.contains(head)) strays.push_back(head);
    }
    return strays;
}

// Heads that the image does not know and whose place the lineage tells.
Heads proven(const GraphRequirement& needs, const Ancestry& ancestry, const Heads& beyond) {
    Heads known;
    for (const auto& head : beyond) {
        if (needs.ancestry && ancestry.is_known(head)) known.push_back(head);
    }
    return known;
}

Verdict met(const Heads& heads, const Heads& placed, const GraphRequirement& needs) {
    Verdict verdict;
    verdict.state = State::satisfied;
    verdict.reason = "at " + listed(heads) + ", needs " + listed(needs.revisions);
    if (!placed.empty())
        verdict.reason += "; the image does not know " + listed(placed) + ", the journal tells what is below it";
    return verdict;
}

Verdict diverged(const Heads& strays, const GraphRequirement& needs, std::vector<std::string> missing) {
    Verdict verdict;
    verdict.state = State::diverged;
    verdict.reason = "at " + listed(strays) + ", which by the journal does not descend from what is needed, " +
                     listed(needs.revisions) +
                     "; merge the two lines of migrations, or see whether the URL leads to "
                     "another application's database";
    verdict.missing = std::move(missing);
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

Verdict unknown_to_the_image(const Heads& unknown, const GraphRequirement& needs, UnknownRevision policy) {
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

// Nothing is known of how the required revisions relate to the heads.
Verdict cannot_be_placed(const Heads& heads, const GraphRequirement& needs) {
    Verdict verdict;
    verdict.state = State::unknown;
    verdict.reason = "at " + listed(heads) + ", needs " + listed(needs.revisions) +
                     ": without the image's graph nobody can tell which comes first; require a baked file";
    return verdict;
}

Verdict compare_by_ancestry(const GraphRequirement& needs, const Ancestry& ancestry, const Heads& heads,
                            UnknownRevision policy) {
    const Revisions applied = ancestry.closure(heads);
    const auto beyond = beyond_the_image(ancestry, heads);
    if (all_in(needs.revisions, applied)) return met(heads, proven(needs, ancestry, beyond), needs);
    // Alembic never keeps an ancestor beside its descendant: a head below a required revision says that the database
    // has not got there, whatever unknown heads stand beside it. A required revision may itself be below another one.
    if (any_in(heads, ancestry.below(needs.revisions)))
        return behind(heads, needs, missing_of(needs, ancestry, applied));
    if (!needs.ancestry) return cannot_be_placed(heads, needs);
    if (const auto unknown = unplaced(ancestry, beyond); !unknown.empty())
        return unknown_to_the_image(unknown, needs, policy);
    if (const auto stray = strays(ancestry, beyond, needs.revisions); !stray.empty())
        return diverged(stray, needs, missing_of(needs, ancestry, applied));
    return behind(heads, needs, missing_of(needs, ancestry, applied));
}

}  // namespace

Verdict compare(const GraphRequirement& needs, const model::Observation& seen, UnknownRevision policy) {
    const auto heads = heads_of(seen);
    const Ancestry ancestry{needs.ancestry ? &*needs.ancestry : nullptr,
                            seen.journal == nullptr ? nullptr : seen.journal->lineage.get()};
    Verdict verdict = compare_by_ancestry(needs, ancestry, heads, policy);
    verdict.saw_database = true;
    verdict.current = heads;
    return verdict;
}

}  // namespace schemalatch::gate
