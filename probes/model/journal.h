// What one look saw of the journal: our own tables beside the bookkeeping. Plain values; pure.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "probes/model/revision_graph.h"
#include "probes/model/run.h"

namespace schemalatch::model {

enum class JournalState {
    off,      // It is switched off, or this kind of dependency keeps none.
    absent,   // There is none, or none that this version can read.
    denied,   // It is there, and this role may not read it.
    present,  // It is there and can be read.
};

inline constexpr std::array kJournalStates{JournalState::off, JournalState::absent, JournalState::denied,
                                           JournalState::present};

std::string_view to_string(JournalState state);

// nullopt: it is none.
std::optional<JournalState> parse_journal_state(std::string_view text);

struct Journal {
    JournalState state = JournalState::off;

    // Of the same bookkeeping, the newest first, at most five.
    std::vector<Run> runs = {};

    // Which revisions build upon which, as upgrades have written it down. Nobody has checked that it holds together:
    // parents may be missing, and there may be cycles. Null: nothing is known.
    std::shared_ptr<const Parents> lineage = nullptr;

    // By this process's clock, when the runs' ages were asked for.
    std::chrono::steady_clock::time_point read_at = {};

    // False: it could not be read this time. Then state and lineage are those of the newest time that it could, and
    // there are no runs.
    bool current = true;
};

using JournalPtr = std::shared_ptr<const Journal>;

// The longest that a look goes on for the journal's sake.
inline constexpr std::chrono::milliseconds kLongestJournalRead{1000};

// What a reader knows of one journal from look to look. Not thread-safe.
class KnownJournal {
public:
    // What a look may tell: what was read, or else (nullopt) what is known of earlier. Null: nothing is known yet.
    JournalPtr take(std::optional<Journal> read);

    // As it was read last. Null: it was not.
    std::shared_ptr<const Parents> lineage() const { return newest_ == nullptr ? nullptr : newest_->lineage; }

private:
    JournalPtr newest_;  // that was read
};

}  // namespace schemalatch::model
