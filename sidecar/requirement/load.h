// From what the user wrote as `require` to a requirement. An empty, unreadable or unparsable one is an error: it fails
// closed.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "probes/tools/catalogue.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch::requirement {

// `text` is "@FILE" for a baked file, else a literal: one id, or several joined by commas. `tool` may be null: a baked
// file names its own, which must agree with one that is given, and a literal waits for the look that finds its tool.
// The error is one line without its origin: what is wrong, then what to do.
tl::expected<gate::Requirement, std::string> load(const std::string& text, const tools::Tool* tool,
                                                  const tools::Catalogue& catalogue);

}  // namespace schemalatch::requirement
