#include "probes/model/printable.h"
#include "sidecar/gate/compare.h"
#include "sidecar/gate/number_row.h"

namespace schemalatch::gate {

namespace {

using model::Number;

// What the requirement asks for and the database does not have cleanly. A dirty version is not applied.
std::vector<std::string> missing_steps(const NumberRequirement& needs, const NumberRow& row) {
    std::vector<std::string> missing;
    for (const auto& step : needs.steps) {
        const bool applied = row.dirty ? step < row.at : step <= row.at;
        if (!applied && step <= needs.at_least) missing.push_back(step.text());
    }
    if (needs.steps.empty()) missing.push_back(needs.at_least.text());
    return missing;
}

// Numbers have no limit; reasons do.
std::string text_of(const Number& number) { return model::printable(number.text()); }

Verdict place_dirty(const Number& at, const NumberRequirement& needs, const model::Observation& seen) {
    Verdict verdict;
    verdict.failed = {at.text()};
    if (at > needs.at_least) {
        verdict.state = State::satisfied;
        verdict.reason =
            "at " + text_of(at) + " (dirty, which concerns only what needs it), needs " + text_of(needs.at_least);
        return verdict;
    }
    verdict.state = State::dirty;
    verdict.dirty_at_requirement = at == needs.at_least;
    verdict.missing = missing_steps(needs, {at, true});
    verdict.reason = failure_phrase(at.text(), seen.tool_lock) + ", needs " + text_of(needs.at_least) +
                     " cleanly applied; " + repair_phrase(seen);
    return verdict;
}

Verdict place_clean(const Number& at, const NumberRequirement& needs) {
    Verdict verdict;
    verdict.reason = "at " + text_of(at) + ", needs " + text_of(needs.at_least);
    if (at >= needs.at_least) {
        verdict.state = State::satisfied;
        return verdict;
    }
    verdict.state = State::behind;
    verdict.missing = missing_steps(needs, {at, false});
    if (!needs.steps.empty()) verdict.reason += " (" + missing_phrase(verdict.missing) + ")";
    verdict.reason += "; run the upgrade";
    return verdict;
}

}  // namespace

Verdict compare(const NumberRequirement& needs, const model::Observation& seen) {
    auto row = read_number_row(seen);
    if (!row) return unreadable(std::move(row.error()));
    Verdict verdict = row->dirty ? place_dirty(row->at, needs, seen) : place_clean(row->at, needs);
    verdict.saw_database = true;
    verdict.current = {row->at.text()};
    return verdict;
}

}  // namespace schemalatch::gate
