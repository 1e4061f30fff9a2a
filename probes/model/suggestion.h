// What somebody may have meant who wrote a name that is not known. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace schemalatch::model {

// `; did you mean "interval"?` where one of the names is close, else empty.
std::string suggestion(std::string_view unknown, const std::vector<std::string_view>& names);

}  // namespace schemalatch::model
