#include "sidecar/gate/number_row.h"

#include <optional>

#include "probes/model/printable.h"

namespace schemalatch::gate {

namespace {

using model::Mark;

// The other marks tell what became of a migration, and leave open at which one the schema is.
std::optional<bool> dirtiness_of(Mark mark) {
    switch (mark) {
        case Mark::clean:
            return false;
        case Mark::dirty:
        case Mark::half_undone:
            return true;
        case Mark::undone:
        case Mark::deleted:
        case Mark::baseline:
            return std::nullopt;
    }
    return std::nullopt;
}

std::string source_of(const model::Observation& seen) {
    return seen.table.empty() ? "the query of " + seen.books.tool : "table \"" + model::printable(seen.table) + "\"";
}

}  // namespace

tl::expected<NumberRow, std::string> read_number_row(const model::Observation& seen) {
    const std::string source = source_of(seen);
    if (seen.rows.size() > 1) {
        return tl::make_unexpected(
            source + " holds more than one row, its tool keeps one; check that table and tool belong together");
    }
    const auto& row = seen.rows.front();
    auto at = model::Number::parse(row.id);
    if (!at) {
        return tl::make_unexpected("version \"" + model::printable(row.id) + "\" in " + source +
                                   " is not a number; check that table and tool belong together");
    }
    const auto dirty = dirtiness_of(row.mark);
    if (!dirty) {
        return tl::make_unexpected(source + " marks " + model::printable(at->text()) + " as " +
                                   std::string{model::to_string(row.mark)} +
                                   ", which does not tell where the schema is; give the number that it is at, as clean "
                                   "or dirty");
    }
    return NumberRow{std::move(*at), *dirty};
}

}  // namespace schemalatch::gate
