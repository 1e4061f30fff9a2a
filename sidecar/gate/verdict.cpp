#include "sidecar/gate/verdict.h"

#include "probes/model/printable.h"
#include "sidecar/gate/compare.h"
#include "sidecar/gate/literal.h"

namespace schemalatch::gate {

namespace {

Verdict cannot_ask(const model::ProbeFailure& failure) {
    Verdict verdict;
    verdict.state = state_of(failure.kind);
    verdict.reason = failure.detail;
    return verdict;
}

bool lists_migrations(const NumberRequirement& needs) { return !needs.steps.empty(); }
bool lists_migrations(const GraphRequirement& needs) { return needs.ancestry.has_value(); }
bool lists_migrations(const SetRequirement& needs) { return needs.whole; }
bool lists_migrations(const LiteralRequirement&) { return false; }

Verdict unmigrated(const Requirement& requirement, const model::Observation& seen) {
    const std::string table = seen.table.empty() ? " of a migration tool" : " \"" + model::printable(seen.table) + "\"";
    const std::string what = seen.has_table ? "table" + table + " records nothing applied" : "no table" + table;
    Verdict verdict;
    verdict.state = State::unmigrated;
    verdict.saw_database = true;
    verdict.missing = all_ids(requirement.needs);
    verdict.reason = what + " in " + seen.place + ", needs " + needed_phrase(requirement) + "; run the upgrade" +
                     (seen.note.empty() ? "" : ", or " + seen.note);
    return verdict;
}

struct Compare {
    const model::Observation& seen;
    UnknownRevision policy;
    Verdict operator()(const NumberRequirement& needs) const { return compare(needs, seen); }
    Verdict operator()(const GraphRequirement& needs) const { return compare(needs, seen, policy); }
    Verdict operator()(const SetRequirement& needs) const { return compare(needs, seen); }
    Verdict operator()(const LiteralRequirement& needs) const {
        const auto read = read_literal(needs.text, seen.books);
        return read ? std::visit(*this, *read) : unreadable("require: " + read.error());
    }
};

Verdict compare_rows(const Requirement& requirement, const model::Observation& seen, UnknownRevision policy) {
    if (!seen.has_table || seen.rows.empty()) return unmigrated(requirement, seen);
    auto verdict = std::visit(Compare{seen, policy}, requirement.needs);
    // Every row may have been undone.
    return verdict.state == State::unmigrated ? unmigrated(requirement, seen) : verdict;
}

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::satisfied:
            return "satisfied";
        case State::behind:
            return "behind";
        case State::unmigrated:
            return "unmigrated";
        case State::dirty:
            return "dirty";
        case State::unknown:
            return "unknown";
        case State::diverged:
            return "diverged";
        case State::unreachable:
            return "unreachable";
        case State::denied:
            return "denied";
        case State::blocked:
            return "blocked";
        case State::unreadable:
            return "unreadable";
        case State::ambiguous:
            return "ambiguous";
        case State::pending:
            return "pending";
    }
    return "pending";
}

State state_of(model::FailureKind kind) {
    switch (kind) {
        case model::FailureKind::unreachable:
            return State::unreachable;
        case model::FailureKind::denied:
            return State::denied;
        case model::FailureKind::blocked:
            return State::blocked;
        case model::FailureKind::unreadable:
            return State::unreadable;
        case model::FailureKind::ambiguous:
            return State::ambiguous;
    }
    return State::unreachable;
}

std::optional<std::size_t> applied_count(const Requirement& requirement, const Verdict& verdict) {
    const bool placed =
        verdict.saw_database && !verdict.assumed && verdict.state != State::unknown && verdict.state != State::diverged;
    const bool listed = std::visit([](const auto& needs) { return lists_migrations(needs); }, requirement.needs);
    if (!placed || !listed) return std::nullopt;
    return all_ids(requirement.needs).size() - verdict.missing.size();
}

Verdict judge(const Requirement& requirement, const model::Look& look, UnknownRevision policy) {
    if (!look) return cannot_ask(look.error());
    Verdict verdict = compare_rows(requirement, *look, policy);
    verdict.tool = look->books.tool;
    verdict.primary = look->primary;
    if (!verdict.primary && verdict.state != State::satisfied) {
        verdict.reason += " (a standby answered; it may lag behind its primary)";
    }
    return verdict;
}

}  // namespace schemalatch::gate
