// Finds the revisions that are their own ancestors. Pure.
#pragma once

#include <string>
#include <vector>

#include "probes/model/revision_graph.h"

namespace schemalatch::model {

// One cycle, each revision followed by one that it builds upon, the first one again at the end; empty if there is none.
// Every parent is in `parents`.
std::vector<std::string> find_cycle(const Parents& parents);

}  // namespace schemalatch::model
