#include "probes/model/printable.h"
#include "sidecar/gate/compare.h"

namespace schemalatch::gate {

namespace {

using model::Mark;
using model::Number;
using model::ToolLock;

Verdict unreadable(std::string reason) {
    Verdict verdict;
    verdict.state = State::unreadable;
    verdict.reason = std::move(reason);
    return verdict;
}

// What the requirement asks for and the database does not have cleanly. A dirty version is not applied.
std::vector<std::string> missing_steps(const NumberRequirement& needs, const Number& at, Mark mark) {
    std::vector<std::string> missing;
    for (const auto& step : needs.steps) {
        const bool applied = mark == Mark::clean ? step <= at : step < at;
        if (!applied && step <= needs.at_least) missing.push_back(step.text());
    }
    if (needs.steps.empty()) missing.push_back(needs.at_least.text());
    return missing;
}

// Numbers have no limit; reasons do.
std::string text_of(const Number& number) { return model::printable(number.text()); }

std::string dirty_reason(const Number& at, const Number& required, ToolLock lock) {
    std::string what = "migration " + text_of(at);
    const std::string need = ", needs " + text_of(required) + " cleanly applied; ";
    switch (lock) {
        case ToolLock::held:
            return what + " is running" + need + "wait for it to finish";
        case ToolLock::free:
            return what + " failed" + need + "repair the schema, clear the dirty flag, run the upgrade again";
        case ToolLock::none:
            return what + " is running or failed" + need +
                   "if nothing is running, repair the schema and clear the dirty flag";
    }
    return what;
}

Verdict place_dirty(const Number& at, const NumberRequirement& needs, ToolLock lock) {
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
    verdict.missing = missing_steps(needs, at, Mark::dirty);
    verdict.reason = dirty_reason(at, needs.at_least, lock);
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
    verdict.missing = missing_steps(needs, at, Mark::clean);
    if (!needs.steps.empty()) verdict.reason += " (" + missing_phrase(verdict.missing) + ")";
    verdict.reason += "; run the upgrade";
    return verdict;
}

}  // namespace

Verdict compare(const NumberRequirement& needs, const model::Observation& seen) {
    const std::string table = "table \"" + model::printable(seen.table) + "\"";
    if (seen.rows.size() > 1) {
        return unreadable(table +
                          " holds more than one row, its tool keeps one; check that table and tool belong together");
    }
    const auto& row = seen.rows.front();
    const auto at = Number::parse(row.id);
    if (!at) {
        return unreadable("version \"" + model::printable(row.id) + "\" in " + table +
                          " is not a number; check that table and tool belong together");
    }
    Verdict verdict = row.mark == Mark::dirty ? place_dirty(*at, needs, seen.tool_lock) : place_clean(*at, needs);
    verdict.saw_database = true;
    verdict.current = {at->text()};
    return verdict;
}

}  // namespace schemalatch::gate
