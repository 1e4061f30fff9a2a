#include "sidecar/gate/compare.h"

namespace schemalatch::gate {

std::string missing_phrase(const std::vector<std::string>& missing) {
    return std::to_string(missing.size()) + (missing.size() == 1 ? " migration missing" : " migrations missing");
}

}  // namespace schemalatch::gate
