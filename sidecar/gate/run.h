// What the journal's runs mean to who needs something. Pure.
#pragma once

#include <string>
#include <vector>

#include "probes/model/journal.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch::gate {

// Whether a run was to bring what is required, or more: it required the same, or all of it is in the run's own list (of
// a number: the run's is not lower; of a graph: it is there or an ancestor of what is there, by the image's graph or by
// `lineage`, which may be null).
bool is_towards(const Requirement& requirement, const model::Run& run, const model::Parents* lineage);

// What to add to a reason that is not satisfied, fit to follow it: whether a run is going on, or how the newest ended.
// Empty: there is nothing to say.
std::string run_phrase(const std::vector<model::Run>& newest_first);

// "failed at 2026-11-21T20:53:07Z with exit code 1, by orders-upgrade-7x2lp"
std::string ended_phrase(const model::Run& run);

}  // namespace schemalatch::gate
