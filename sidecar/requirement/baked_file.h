// The baked file: a requirement as JSON, written at image build and read by the sidecar. Its schema for other programs
// is docs/baked-file.schema.json. Pure: text in, text out.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "probes/tools/catalogue.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch::requirement {

inline constexpr int kFormat = 1;  // the highest that we understand, and the one that we write

// Ends with a newline. The same requirement gives the same bytes everywhere.
std::string to_json(const gate::Requirement& requirement);

// Everything but source and digest is set. The file's tool is looked for in the catalogue. The error is one line: what
// is wrong with the file, then what to do. An empty or incomplete requirement is an error: it must never pass.
tl::expected<gate::Requirement, std::string> from_json(std::string_view text, const tools::Catalogue& catalogue);

}  // namespace schemalatch::requirement
