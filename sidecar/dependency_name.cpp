#include "sidecar/dependency_name.h"

#include <algorithm>

namespace schemalatch {

namespace {

constexpr std::size_t kLongest = 63;

bool is_allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

}  // namespace

bool is_dependency_name(std::string_view text) {
    if (text.empty() || text.size() > kLongest || text == "." || text == "..") return false;
    return std::all_of(text.begin(), text.end(), is_allowed);
}

}  // namespace schemalatch
