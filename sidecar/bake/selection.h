// --upto and --exclude: leaves migrations of the image out of what it requires. Pure.
#pragma once

#include <string>
#include <vector>

#include "probes/model/bookkeeping.h"
#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

struct Selected {
    gate::Needs needs;
    std::vector<std::string> warnings = {};  // one line each
};

// Nothing that is left to require is a problem, and so is an `upto` that is not there.
//
// `upto` leaves out what comes after it: greater ids where they have an order, what builds upon it where that is known,
// greater names of the same app, else what is listed behind it. The ancestry of a graph stays whole: what is not
// required may still be recognised.
tl::expected<Selected, Problems> select(Baked baked, const gate::Selection& selection, const model::Bookkeeping& books);

}  // namespace schemalatch::bake
