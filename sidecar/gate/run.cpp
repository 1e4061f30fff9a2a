#include "sidecar/gate/run.h"

#include <algorithm>

#include "probes/model/printable.h"
#include "sidecar/gate/ancestry.h"
#include "sidecar/gate/literal.h"

namespace schemalatch::gate {

namespace {

using Ids = std::vector<std::string>;

// Nothing is never all.
bool all_in(const Ids& ids, const model::Revisions& found) {
    return !ids.empty() && std::all_of(ids.begin(), ids.end(), [&](const auto& id) { return found.contains(id); });
}

struct Towards {
    const Ids& of_the_run;
    const model::Parents* lineage;

    bool operator()(const NumberRequirement& needs) const {
        return std::any_of(of_the_run.begin(), of_the_run.end(), [&](const auto& id) {
            const auto number = model::Number::parse(id);
            return number && *number >= needs.at_least;
        });
    }
    bool operator()(const GraphRequirement& needs) const {
        const Ancestry ancestry{needs.ancestry ? &*needs.ancestry : nullptr, lineage};
        return all_in(needs.revisions, ancestry.closure(of_the_run));
    }
    bool operator()(const SetRequirement& needs) const {
        Ids ids;
        for (const auto& item : needs.items) ids.push_back(item.id);
        return all_in(ids, {of_the_run.begin(), of_the_run.end()});
    }
    // Of whatever tool: what holds for one of them holds.
    bool operator()(const LiteralRequirement& needs) const {
        const auto number = model::Number::parse(needs.text);
        if (number && (*this)(NumberRequirement{*number})) return true;
        auto ids = split_literal(needs.text);
        return ids && (*this)(GraphRequirement{std::move(*ids)});
    }
};

std::string by(const model::Run& run) { return "by " + (run.by.empty() ? "somebody" : model::printable(run.by)); }

std::string at(const std::string& instant) { return instant.empty() ? "" : " at " + model::printable(instant); }

}  // namespace

bool is_towards(const Requirement& requirement, const model::Run& run, const model::Parents* lineage) {
    if (!run.digest.empty() && run.digest == requirement.digest) return true;
    return std::visit(Towards{run.required, lineage}, requirement.needs);
}

std::string ended_phrase(const model::Run& run) {
    const std::string code = run.exit_code ? " with exit code " + std::to_string(*run.exit_code) : "";
    switch (run.outcome) {
        case model::Outcome::running:
            return "has been running since " + model::printable(run.started_at) + ", " + by(run);
        case model::Outcome::succeeded:
            return "succeeded" + at(run.ended_at) + ", " + by(run);
        case model::Outcome::failed:
            return "failed" + at(run.ended_at) + code + ", " + by(run);
        case model::Outcome::not_reached:
            return "ended" + at(run.ended_at) + code + " without reaching what it was for, " + by(run);
        case model::Outcome::aborted:
            return "was stopped" + at(run.ended_at) + ", " + by(run);
        case model::Outcome::lock_lost:
            return "lost its lock and was killed" + at(run.ended_at) + ", " + by(run);
        case model::Outcome::vanished:
            return "that began at " + model::printable(run.started_at) + ", " + by(run) +
                   ", has vanished without an end";
    }
    return "";
}

std::string run_phrase(const std::vector<model::Run>& newest_first) {
    if (newest_first.empty()) return "";
    const auto& newest = newest_first.front();
    if (newest.outcome == model::Outcome::succeeded) return "";
    const std::string which = newest.outcome == model::Outcome::running ? "; an upgrade " : "; the last upgrade ";
    return which + ended_phrase(newest);
}

}  // namespace schemalatch::gate
