// An upgrade's own looks at the schema, by the session that has the lock.
#pragma once

#include <functional>
#include <memory>

#include "sidecar/upgrade/upgrading.h"

namespace schemalatch::upgrade {

// A table that is locked for a moment, or a server that is short of something, is looked at again, for as long as one
// waits for a lock, or until `pause`, between two looks, says no.
model::Look patient_look(Upgrading& upgrading, const std::function<bool()>& pause);

// Never by assumption: what the lineage (null: none is known) cannot place is left to the command.
gate::Verdict judged(const Upgrading& upgrading, model::Look seen, std::shared_ptr<const model::Parents> lineage);

bool is_ready(const gate::Verdict& verdict);

}  // namespace schemalatch::upgrade
