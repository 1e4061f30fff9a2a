#include "probes/model/journal.h"

#include <algorithm>
#include <utility>

namespace schemalatch::model {

std::string_view to_string(JournalState state) {
    switch (state) {
        case JournalState::off:
            return "off";
        case JournalState::absent:
            return "absent";
        case JournalState::denied:
            return "denied";
        case JournalState::present:
            return "present";
    }
    return "";
}

std::optional<JournalState> parse_journal_state(std::string_view text) {
    const auto found = std::find_if(kJournalStates.begin(), kJournalStates.end(),
                                    [&](const auto state) { return to_string(state) == text; });
    return found == kJournalStates.end() ? std::nullopt : std::optional{*found};
}

JournalPtr KnownJournal::take(std::optional<Journal> read) {
    if (read) return newest_ = std::make_shared<const Journal>(std::move(*read));
    if (newest_ == nullptr) return nullptr;
    return std::make_shared<const Journal>(
        Journal{.state = newest_->state, .lineage = newest_->lineage, .current = false});
}

}  // namespace schemalatch::model
