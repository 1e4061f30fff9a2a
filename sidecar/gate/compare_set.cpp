#include <algorithm>
#include <set>
#include <unordered_map>

#include "probes/model/printable.h"
#include "sidecar/gate/applied.h"
#include "sidecar/gate/compare.h"

namespace schemalatch::gate {

namespace {

using Ids = std::vector<std::string>;
using model::listed;

// Django nests squashes one or two deep. A bound, since asking is recursive.
constexpr std::size_t kDeepestReplacement = 100;

// The requirement beside what is applied. Ids of the requirement have been found to be some when it was read.
class SetComparison {
public:
    SetComparison(const SetRequirement& needs, const model::Observation& seen, const Applied& applied);

    Verdict verdict() const;

private:
    std::string canonical(const std::string& id) const { return *model::canonical_id(id, order_); }
    bool is_met(const Item& item) const;
    bool is_met(const std::string& id, std::size_t depth) const;
    Ids missing() const;
    Ids failed_in_the_way(const Ids& missing) const;
    std::string missing_of_replaced(const std::string& id) const;
    std::string what_is_needed(const Ids& missing) const;
    std::string what_to_do(const Ids& missing) const;

    const SetRequirement& needs_;
    const model::Observation& seen_;
    const Applied& applied_;
    model::IdOrder order_;
    std::unordered_map<std::string, const Item*> replacing_ = {};  // what replaces others, by canonical id
    mutable std::unordered_map<std::string, bool> met_ = {};       // by what it replaces: what has been asked before
    std::optional<std::string> highest_ = {};                      // required id
};

SetComparison::SetComparison(const SetRequirement& needs, const model::Observation& seen, const Applied& applied)
    : needs_{needs}, seen_{seen}, applied_{applied}, order_{seen.books.ids} {
    for (const auto* list : {&needs.items, &needs.others}) {
        for (const auto& item : *list) {
            // All of nothing would always be there.
            if (!item.replaces.empty()) replacing_.emplace(canonical(item.id), &item);
        }
    }
    for (const auto& item : needs.items) {
        const auto id = canonical(item.id);
        if (!model::is_ordered(id, order_)) continue;
        if (!highest_ || std::is_gt(compare_ids(id, *highest_, order_))) highest_ = id;
    }
}

// A baseline is for databases that have nothing yet: where anything at or above it is applied, the tool passes it over
// for ever, and what it sums up is there.
bool SetComparison::is_met(const Item& item) const {
    if (is_met(item.id, 0)) return true;
    if (!item.baseline) return false;
    const auto id = canonical(item.id);
    const auto& top = applied_.highest();
    return applied_.was_deleted(id) || (top && std::is_lteq(compare_ids(id, *top, order_)));
}

// By itself, or by all that it replaces, which may themselves replace others. What stands in a circle is met by none of
// it: while it is asked for, it counts as not met.
bool SetComparison::is_met(const std::string& id, std::size_t depth) const {
    const auto key = canonical(id);
    if (applied_.has(key)) return true;
    const auto replacing = replacing_.find(key);
    if (replacing == replacing_.end() || depth >= kDeepestReplacement) return false;
    if (const auto [known, is_new] = met_.try_emplace(key, false); !is_new) return known->second;
    const auto& replaces = replacing->second->replaces;
    const bool all =
        std::all_of(replaces.begin(), replaces.end(), [&](const auto& other) { return is_met(other, depth + 1); });
    met_[key] = all;
    return all;
}

Ids SetComparison::missing() const {
    Ids missing;
    for (const auto& item : needs_.items) {
        if (!is_met(item)) missing.push_back(item.id);
    }
    return missing;
}

// What failed and is itself required, be it there from an earlier run, or stands at or below what is; the rest concerns
// only who needs it. Asked only where something is missing: then the tool must run, and may not before it is mended.
Ids SetComparison::failed_in_the_way(const Ids& missing) const {
    std::set<std::string> required;
    for (const auto& item : needs_.items) required.insert(canonical(item.id));
    for (const auto& id : missing) {
        const auto replacing = replacing_.find(canonical(id));
        if (replacing == replacing_.end()) continue;
        for (const auto& other : replacing->second->replaces) required.insert(canonical(other));
    }
    Ids in_the_way;
    for (const auto& id : applied_.failed()) {
        const auto key = canonical(id);
        const bool below = highest_ && std::is_lteq(compare_ids(key, *highest_, order_));
        if (below || required.contains(key)) in_the_way.push_back(id);
    }
    return in_the_way;
}

// Where a part of what it replaces is applied, the tool goes on with those and not with the replacement.
std::string SetComparison::missing_of_replaced(const std::string& id) const {
    const auto replacing = replacing_.find(canonical(id));
    if (replacing == replacing_.end()) return id;
    Ids missing;
    for (const auto& other : replacing->second->replaces) {
        if (!is_met(other, 0)) missing.push_back(other);
    }
    if (missing.size() == replacing->second->replaces.size()) return id;
    return listed(missing) + ", which " + id + " replaces";
}

std::string SetComparison::what_is_needed(const Ids& missing) const {
    const auto count = needs_.items.size();
    const std::string needed = needed_phrase(needs_);
    if (missing.empty()) return ", needs " + needed + (count > 1 ? ", all of them applied" : ", which is applied");
    const bool half = missing_of_replaced(missing.front()) != missing.front();
    if (count == 1 && !half) return ", needs " + needed;
    Ids told;
    for (const auto& id : missing) told.push_back(missing_of_replaced(id));
    return ", needs " + needed + " (" + std::to_string(missing.size()) + " missing: " + listed(told) + ")";
}

// The tool may never apply what stands below something applied: then an upgrade changes nothing.
std::string SetComparison::what_to_do(const Ids& missing) const {
    const auto& top = applied_.highest();
    const auto late = std::find_if(missing.begin(), missing.end(), [&](const auto& id) {
        return top && std::is_lt(compare_ids(canonical(id), *top, order_));
    });
    if (seen_.books.late.empty() || late == missing.end()) return "run the upgrade";
    return model::printable(*late) + " stands below " + model::printable(*top) +
           ", which is applied: " + seen_.books.tool + " " + seen_.books.late;
}

Verdict SetComparison::verdict() const {
    Verdict verdict;
    verdict.saw_database = true;
    verdict.current = applied_.newest_first();
    verdict.failed = applied_.failed();
    verdict.missing = missing();
    const std::string at =
        verdict.current.empty() ? "nothing applied" : "at " + model::printable(verdict.current.front());
    const auto needed = what_is_needed(verdict.missing);
    const auto in_the_way = failed_in_the_way(verdict.missing);
    if (verdict.missing.empty()) {
        verdict.state = State::satisfied;
        verdict.reason = at + needed;
    } else if (!in_the_way.empty()) {
        verdict.state = State::dirty;
        verdict.reason = failure_phrase(in_the_way.front(), seen_.tool_lock) + needed + "; " + repair_phrase(seen_);
    } else {
        verdict.state = verdict.current.empty() && verdict.failed.empty() ? State::unmigrated : State::behind;
        verdict.reason = at + needed + "; " + what_to_do(verdict.missing);
    }
    return verdict;
}

}  // namespace

Verdict compare(const SetRequirement& needs, const model::Observation& seen) {
    const auto applied = Applied::fold(seen.rows, seen.books.ids);
    if (applied) return SetComparison{needs, seen, *applied}.verdict();
    return unreadable("version \"" + model::printable(applied.error()) + "\" in table \"" +
                      model::printable(seen.table) + "\" is none of " + seen.books.tool +
                      "; check that table and tool belong together");
}

}  // namespace schemalatch::gate
