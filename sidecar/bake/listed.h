// Migrations that somebody lists, one a line, for --from -. Pure.
#pragma once

#include <string_view>

#include "probes/model/bookkeeping.h"
#include "sidecar/bake/baked.h"

namespace schemalatch::bake {

// A line is an id; ids of apps (app.name) may have those behind them that they replace, and revisions of a graph those
// that they build upon. Empty lines are passed over. Where neither ids nor apps tell an order, the lines do.
BakedOrProblems bake_list(const model::Bookkeeping& books, std::string_view text);

}  // namespace schemalatch::bake
