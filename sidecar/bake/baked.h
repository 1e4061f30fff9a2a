// What reading an image's migrations gives, before anything of it is left out. Plain values; pure.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/revision_graph.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch::bake {

// One line each, `FILE:LINE: what is wrong; what to do` where there is a line. Never empty.
using Problems = std::vector<std::string>;

struct Baked {
    gate::Needs needs;

    // Of a set whose ids have no order: what each item builds upon, as far as it is known. What is not in it stands in
    // the order of the items.
    model::Parents builds_upon = {};

    // One line each: what was taken for granted, and may be otherwise.
    std::vector<std::string> warnings = {};
};

using BakedOrProblems = tl::expected<Baked, Problems>;

}  // namespace schemalatch::bake
