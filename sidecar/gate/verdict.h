// A requirement and one look, compared. Pure: no I/O, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/model/observation.h"
#include "sidecar/gate/requirement.h"

namespace schemalatch::gate {

enum class State {
    satisfied,    // The database has at least what the image needs.
    behind,       // The schema is lower than required.
    unmigrated,   // No bookkeeping table, or one that records nothing as applied.
    dirty,        // A failed or open migration stands in the way.
    unknown,      // The database is at a revision that cannot be placed.
    diverged,     // The database is known not to descend from the required revision.
    unreachable,  // Could not connect, or no answer in time.
    denied,       // Login or permission refused.
    blocked,      // The bookkeeping table is locked: a migration is running.
    unreadable,   // The table does not hold what its tool writes.
    ambiguous,    // More than one table fits.
    pending,      // Not looked yet.
};

inline constexpr std::array kStates{State::satisfied, State::behind,     State::unmigrated,  State::dirty,
                                    State::unknown,   State::diverged,   State::unreachable, State::denied,
                                    State::blocked,   State::unreadable, State::ambiguous,   State::pending};

std::string_view to_string(State state);

// Of a look that could not see.
State state_of(model::FailureKind kind);

// What a revision means that neither the image nor the journal has heard of, when all else is known.
enum class UnknownRevision {
    ahead,  // The database was migrated by a newer image: satisfied, and said to be assumed.
    fail,   // Not satisfied: unknown.
};

struct Verdict {
    State state = State::pending;
    bool assumed = false;               // satisfied only because an unknown revision is taken to be newer
    bool saw_database = false;          // false: the look failed, and only state and reason mean anything
    bool primary = true;                // false: a standby answered
    bool dirty_at_requirement = false;  // dirty at exactly the requirement; undoing the next migration looks the same
    std::string reason = "not looked yet";  // one line for people
    std::string tool = {};                  // whose table was read; empty: none was found
    std::vector<std::string> current = {};  // heads, the one number, or what is applied, the newest first
    std::vector<std::string> missing = {};  // what is required and not cleanly applied, in the order of applying
    std::vector<std::string> failed = {};   // dirty rows
};

// How many of the image's migrations the look found cleanly applied. nullopt: the requirement does not list them, or
// the database is at a revision whose place among them is not known.
std::optional<std::size_t> applied_count(const Requirement& requirement, const Verdict& verdict);

Verdict judge(const Requirement& requirement, const model::Look& look, UnknownRevision policy);

}  // namespace schemalatch::gate
