// What the one row of a tool that keeps one current number says. Pure.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "probes/model/number.h"
#include "probes/model/observation.h"

namespace schemalatch::gate {

struct NumberRow {
    model::Number at;
    bool dirty = false;  // the migration to it, or back to it, has not ended well
};

// Of an observation with at least one row. The error is one line: what no such tool writes, then what to do.
tl::expected<NumberRow, std::string> read_number_row(const model::Observation& seen);

}  // namespace schemalatch::gate
