#include "sidecar/bake/observed.h"

#include <algorithm>
#include <optional>

#include "probes/model/printable.h"
#include "sidecar/gate/applied.h"
#include "sidecar/gate/number_row.h"

namespace schemalatch::bake {

namespace {

using Observed = tl::expected<Baked, Refusal>;
using gate::State;

tl::unexpected<Refusal> refuse(State state, std::string reason) {
    return tl::make_unexpected(Refusal{state, std::move(reason)});
}

tl::unexpected<Refusal> refuse_failed(const std::vector<std::string>& ids) {
    return refuse(State::dirty, "the database has migrations that failed or are running: " + model::listed(ids) +
                                    "; bake from one where all have ended well");
}

tl::unexpected<Refusal> refuse_empty(const model::Observation& seen) {
    const std::string table = seen.table.empty() ? "" : " \"" + model::printable(seen.table) + "\"";
    return refuse(State::unmigrated,
                  (seen.has_table ? "table" + table + " records nothing applied in " : "no table" + table + " in ") +
                      seen.place + "; bake from a database that has all the image's migrations");
}

// A file is UTF-8, and what would be written in place of other bytes no database ever has.
std::optional<Refusal> why_not_written(const std::vector<model::Row>& rows) {
    const auto odd =
        std::find_if(rows.begin(), rows.end(), [](const auto& row) { return model::one_line(row.id) != row.id; });
    if (odd == rows.end()) return std::nullopt;
    return Refusal{State::unreadable,
                   "the database has a migration \"" + model::printable(odd->id) +
                       "\", whose name does not print and so cannot be baked; bake from the files, or "
                       "from a database where it is called otherwise"};
}

Observed number_of(const model::Observation& seen) {
    auto row = gate::read_number_row(seen);
    if (!row) return refuse(State::unreadable, std::move(row.error()));
    if (row->dirty) return refuse_failed({row->at.text()});
    return Baked{gate::NumberRequirement{std::move(row->at)}};
}

Observed revisions_of(const model::Observation& seen) {
    gate::GraphRequirement needs;
    for (const auto& row : seen.rows) needs.revisions.push_back(row.id);
    std::sort(needs.revisions.begin(), needs.revisions.end());
    return Baked{std::move(needs)};
}

Observed set_of(const model::Observation& seen) {
    const auto applied = gate::Applied::fold(seen.rows, seen.books.ids);
    if (!applied)
        return refuse(State::unreadable,
                      "\"" + model::printable(applied.error()) + "\" is no version of " + seen.books.tool);
    if (const auto failed = applied->failed(); !failed.empty()) return refuse_failed(failed);
    gate::SetRequirement needs{.items = {}, .whole = true};
    for (auto& id : applied->newest_first()) {
        // What a tool took over is in no file: a database that it migrates from nothing never has that row.
        const bool baseline = applied->is_baseline(*model::canonical_id(id, seen.books.ids));
        needs.items.push_back({.id = std::move(id), .replaces = {}, .baseline = baseline});
    }
    if (needs.items.empty()) return refuse_empty(seen);
    std::reverse(needs.items.begin(), needs.items.end());
    return Baked{std::move(needs)};
}

}  // namespace

Observed bake_observation(const model::Observation& seen) {
    if (!seen.primary)
        return refuse(State::unreachable, "only a standby answers, which may lag; bake from the primary");
    if (!seen.has_table || seen.rows.empty()) return refuse_empty(seen);
    if (auto refusal = why_not_written(seen.rows)) return tl::make_unexpected(std::move(*refusal));
    switch (seen.books.ordering) {
        case model::Ordering::number:
            return number_of(seen);
        case model::Ordering::graph:
            return revisions_of(seen);
        case model::Ordering::set:
            return set_of(seen);
    }
    return refuse(State::unreadable, "what the table holds cannot be compared");
}

}  // namespace schemalatch::bake
