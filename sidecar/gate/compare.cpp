#include "sidecar/gate/compare.h"

#include "probes/model/printable.h"

namespace schemalatch::gate {

std::string missing_phrase(const std::vector<std::string>& missing) {
    return std::to_string(missing.size()) + (missing.size() == 1 ? " migration missing" : " migrations missing");
}

std::string failure_phrase(const std::string& id, model::ToolLock lock) {
    std::string migration = "migration " + model::printable(id);
    switch (lock) {
        case model::ToolLock::held:
            return migration + " is running";
        case model::ToolLock::free:
            return migration + " failed";
        case model::ToolLock::none:
            return migration + " is running or failed";
    }
    return migration;
}

std::string repair_phrase(const model::Observation& seen) {
    std::string repair = seen.books.repair.empty() ? "repair the schema, clear the mark" : seen.books.repair;
    switch (seen.tool_lock) {
        case model::ToolLock::held:
            return "wait for it to finish";
        case model::ToolLock::free:
            return repair + ", run the upgrade again";
        case model::ToolLock::none:
            return "if nothing is running, " + repair + ", run the upgrade again";
    }
    return repair;
}

Verdict unreadable(std::string reason) {
    Verdict verdict;
    verdict.state = State::unreadable;
    verdict.reason = std::move(reason);
    return verdict;
}

}  // namespace schemalatch::gate
