#include "sidecar/gate/applied.h"

#include <algorithm>
#include <utility>

namespace schemalatch::gate {

namespace {

using model::Mark;

void raise(std::optional<std::string>& highest, const std::string& id, model::IdOrder order) {
    if (model::is_ordered(id, order) && (!highest || std::is_gt(compare_ids(id, *highest, order)))) highest = id;
}

}  // namespace

tl::expected<Applied, std::string> Applied::fold(const std::vector<model::Row>& rows, model::IdOrder order) {
    Applied applied{order};
    applied.entries_.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto canonical = model::canonical_id(rows[i].id, order);
        if (!canonical) return tl::make_unexpected(rows[i].id);
        applied.take(std::move(*canonical), rows[i], i + 1);
    }
    applied.find_highest();
    applied.find_baselines();
    return applied;
}

void Applied::take(std::string canonical, const model::Row& row, std::size_t number) {
    auto& entry = entries_[std::move(canonical)];
    entry.spelling = row.id;
    entry.row = number;
    switch (row.mark) {
        case Mark::clean:
        case Mark::baseline:
            entry.only_baseline = row.mark == Mark::baseline && (!entry.applied || entry.only_baseline);
            entry.applied = true;
            entry.failed = false;
            entry.undone = 0;
            if (row.mark == Mark::baseline) entry.baseline = number;
            break;
        case Mark::dirty:
            entry.failed = true;
            break;
        case Mark::undone:
        case Mark::deleted:
        case Mark::half_undone:
            entry.applied = false;
            entry.baseline = 0;
            if (row.mark != Mark::deleted) entry.undone = number;
            entry.failed = row.mark == Mark::half_undone;
            break;
    }
    entry.deleted = row.mark == Mark::deleted;
}

void Applied::find_highest() {
    for (const auto& [id, entry] : entries_) {
        if (entry.applied) raise(highest_, id, order_);
    }
}

void Applied::find_baselines() {
    for (const auto& [id, entry] : entries_) {
        if (entry.baseline != 0 && model::is_ordered(id, order_)) baselines_.push_back({id, entry.baseline});
    }
    std::sort(baselines_.begin(), baselines_.end(),
              [&](const auto& a, const auto& b) { return std::is_lt(compare_ids(a.id, b.id, order_)); });
    std::size_t newest = 0;
    for (auto it = baselines_.rbegin(); it != baselines_.rend(); ++it)
        newest = it->written = std::max(newest, it->written);
}

// A baseline sums up what was there when it was written. What was undone later is gone; what was struck off is not,
// only its file is.
bool Applied::has(const std::string& canonical) const {
    const auto found = entries_.find(canonical);
    if (found != entries_.end() && found->second.applied) return true;
    if (baselines_.empty() || !std::is_lteq(compare_ids(canonical, baselines_.back().id, order_))) return false;
    if (found == entries_.end() || found->second.undone == 0) return true;
    const auto above = std::partition_point(baselines_.begin(), baselines_.end(), [&](const auto& baseline) {
        return std::is_lt(compare_ids(baseline.id, canonical, order_));
    });
    return above->written > found->second.undone;
}

bool Applied::is_baseline(const std::string& canonical) const {
    const auto found = entries_.find(canonical);
    return found != entries_.end() && found->second.applied && found->second.only_baseline;
}

bool Applied::was_deleted(const std::string& canonical) const {
    const auto found = entries_.find(canonical);
    return found != entries_.end() && found->second.deleted;
}

std::vector<std::string> Applied::newest_first() const { return listed(&Entry::applied); }

std::vector<std::string> Applied::failed() const { return listed(&Entry::failed); }

// Ids that have an order stand in it, since not every table tells in which order its rows were written. Those that have
// none stay in between where their rows place them.
std::vector<std::string> Applied::listed(bool Entry::*wanted) const {
    using Found = const std::pair<const std::string, Entry>*;
    std::vector<Found> found;
    for (const auto& entry : entries_) {
        if (entry.second.*wanted) found.push_back(&entry);
    }
    std::sort(found.begin(), found.end(), [](Found a, Found b) { return a->second.row > b->second.row; });
    std::vector<Found> ordered;
    for (const auto entry : found) {
        if (model::is_ordered(entry->first, order_)) ordered.push_back(entry);
    }
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](Found a, Found b) { return std::is_gt(compare_ids(a->first, b->first, order_)); });
    std::vector<std::string> ids;
    ids.reserve(found.size());
    auto next = ordered.begin();
    for (const auto entry : found) {
        const bool in_order = model::is_ordered(entry->first, order_);
        ids.push_back((in_order ? *next++ : entry)->second.spelling);
    }
    return ids;
}

}  // namespace schemalatch::gate
