// What a watcher publishes and the HTTP answers show. Immutable once published; readable from any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "probes/model/lock.h"
#include "sidecar/gate/verdict.h"

namespace schemalatch {

// Ids that are shown of a list that was cut; its count is whole.
inline constexpr std::size_t kMostListed = 20;

using SystemTime = std::chrono::system_clock::time_point;

// What the newest look that saw the database saw.
struct Sight {
    std::vector<std::string> current;  // heads, sorted; or the one number
    std::vector<std::string> missing;  // in the order of applying
    std::vector<std::string> failed;
    bool primary = true;
    SystemTime at;
    std::optional<std::size_t> applied_count = std::nullopt;  // gate::applied_count()

    // An answer of another sidecar lists the first kMostListed only, and counts all.
    std::size_t unlisted_current = 0;
    std::size_t unlisted_missing = 0;

    std::size_t current_count() const { return current.size() + unlisted_current; }
    std::size_t missing_count() const { return missing.size() + unlisted_missing; }
};

// Upper bounds of the look-duration histogram, in seconds: from a kept connection's fraction of a millisecond to the
// default deadline and beyond.
inline constexpr std::array kDurationBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                            0.1,    0.25,  0.5,    1.0,   2.5,  5.0};

// Counted since the process started.
struct Tallies {
    std::array<std::uint64_t, gate::kStates.size()> looks_by_state{};  // by State's value
    std::array<std::uint64_t, kDurationBounds.size() + 1>
        looks_by_duration{};  // not cumulative; the last is beyond all bounds
    double seconds = 0;
};

// A run of the journal, without the list of what it required.
struct KnownRun {
    model::Run run;
    bool towards = false;                                        // it was to bring what is required here, or more
    std::optional<std::chrono::steady_clock::time_point> ended;  // by our own clock; nullopt: it has no end, or a
                                                                 // sidecar told of it (see ToldRuns)
};

struct DependencyStatus {
    std::string name;
    std::string tool;
    bool enforced = true;

    std::string requirement_source;
    std::string requirement_digest;
    gate::Selection selection;  // what was left out of it
    std::vector<std::string> required;

    gate::State state = gate::State::pending;  // of the newest look
    std::string reason = "not looked yet";     // of the newest look; one line
    bool assumed = false;
    bool ready = false;  // the gate's word
    bool held = false;
    bool holds_back() const { return enforced && !ready; }  // that /readyz waits for it
    bool primary_overdue = false;                           // held on a standby's word for longer than standby_limit

    SystemTime since;                     // when `state` last changed
    std::optional<SystemTime> looked_at;  // the newest look of any kind
    std::optional<SystemTime> last_satisfied_at;
    std::shared_ptr<const Sight> sight;  // null before the first look that saw the database
    Tallies tallies;

    std::optional<model::JournalState> journal;  // nullopt: nobody could tell yet
    std::vector<KnownRun> runs;  // of the same tool and table, the newest first, a few; of the newest look that could
                                 // read the journal

    // Who holds the lock of its upgrades; nullopt: nobody has looked. Only look_once_with_locks() does.
    std::optional<model::LockLook> lock = std::nullopt;

    // The body of /version/NAME, where it is long: written once, by who publishes, and shared by all who read it.
    std::shared_ptr<const std::string> whole;
};

struct Status {
    std::vector<std::shared_ptr<const DependencyStatus>> dependencies;  // in the order of the configuration
    std::vector<std::string> stalled;  // dependencies whose watcher does not turn any more
    bool detail = true;                // whether /readyz may tell reasons
};

}  // namespace schemalatch
