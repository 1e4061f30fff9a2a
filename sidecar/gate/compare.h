// The orderings: how each decides whether what is applied is at least what is required. Pure.
#pragma once

#include "sidecar/gate/verdict.h"

namespace schemalatch::gate {

// All take an observation that has a table with at least one row.
Verdict compare(const NumberRequirement& needs, const model::Observation& seen);
Verdict compare(const GraphRequirement& needs, const model::Observation& seen, UnknownRevision policy);
Verdict compare(const SetRequirement& needs, const model::Observation& seen);

// "3 migrations missing"
std::string missing_phrase(const std::vector<std::string>& missing);

// "migration 5 failed", "... is running", "... is running or failed"
std::string failure_phrase(const std::string& id, model::ToolLock lock);

// What a person should do about it.
std::string repair_phrase(const model::Observation& seen);

// A table that its tool did not write.
Verdict unreadable(std::string reason);

}  // namespace schemalatch::gate
