#include "sidecar/upgrade/schema_look.h"

#include <utility>

#include "probes/model/journal.h"
#include "sidecar/gate/verdict.h"

namespace schemalatch::upgrade {

namespace {

using model::FailureKind;

bool may_clear(FailureKind kind) { return kind == FailureKind::unreachable || kind == FailureKind::blocked; }

}  // namespace

model::Look patient_look(Upgrading& it, const std::function<bool()>& pause) {
    const auto end = it.pace.now() + it.task.options.wait_lock;
    for (;;) {
        auto seen = it.session.observe(it.soon());
        if (seen || it.session.is_lost() || it.pace.now() >= end || !may_clear(seen.error().kind)) return seen;
        it.teller.tell("waiting: " + seen.error().detail);
        if (!pause()) return seen;
    }
}

gate::Verdict judged(const Upgrading& it, model::Look seen, std::shared_ptr<const model::Parents> lineage) {
    if (seen && lineage != nullptr) {
        model::Journal journal{.state = model::JournalState::present};
        journal.lineage = std::move(lineage);
        seen->journal = std::make_shared<const model::Journal>(std::move(journal));
    }
    return gate::judge(it.task.requirement, seen, gate::UnknownRevision::fail);
}

bool is_ready(const gate::Verdict& verdict) { return verdict.state == gate::State::satisfied && !verdict.assumed; }

}  // namespace schemalatch::upgrade
