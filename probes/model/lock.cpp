#include "probes/model/lock.h"

namespace schemalatch::model {

std::string phrase(const LockHolder& holder) {
    const std::string who = holder.name.empty() ? "one that could not be named" : "\"" + holder.name + "\"";
    return who + " (" + holder.remedy + ")";
}

}  // namespace schemalatch::model
