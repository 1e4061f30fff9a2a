#include "probes/model/run.h"

#include <algorithm>

namespace schemalatch::model {

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::running:
            return "running";
        case Outcome::succeeded:
            return "succeeded";
        case Outcome::failed:
            return "failed";
        case Outcome::not_reached:
            return "not_reached";
        case Outcome::aborted:
            return "aborted";
        case Outcome::lock_lost:
            return "lock_lost";
        case Outcome::vanished:
            return "vanished";
    }
    return "";
}

std::optional<Outcome> parse_outcome(std::string_view text) {
    const auto found = std::find_if(kOutcomes.begin(), kOutcomes.end(),
                                    [&](const auto outcome) { return to_string(outcome) == text; });
    return found == kOutcomes.end() ? std::nullopt : std::optional{*found};
}

}  // namespace schemalatch::model
