// What a dependency may be called. Pure.
#pragma once

#include <string_view>

namespace schemalatch {

// 1 to 63 ASCII letters, digits, '-', '_' and '.', for it stands in paths, metrics and environment variables; neither
// "." nor "..", for clients never send /readyz/.. as it is.
bool is_dependency_name(std::string_view text);

}  // namespace schemalatch
