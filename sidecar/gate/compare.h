// The orderings: how each decides whether what is applied is at least what is required. Pure.
#pragma once

#include "sidecar/gate/verdict.h"

namespace schemalatch::gate {

// All take an observation that has a table with at least one row.
Verdict compare(const NumberRequirement& needs, const model::Observation& seen);
Verdict compare(const GraphRequirement& needs, const model::Observation& seen, UnknownRevision policy);

// "3 migrations missing"
std::string missing_phrase(const std::vector<std::string>& missing);

}  // namespace schemalatch::gate
