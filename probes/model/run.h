// One locked run of the migration command, as the journal records it. Plain values; pure.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace schemalatch::model {

enum class Outcome {
    running,      // It has no end yet, and its heartbeat is young.
    succeeded,    // The command exited 0, and the requirement is met.
    failed,       // The command exited otherwise, or could not be started.
    not_reached,  // The command exited 0, yet the requirement is not met.
    aborted,      // Its runner was told to stop, and stopped the command.
    lock_lost,    // Its runner lost the lock, and killed the command.
    vanished,     // It has no end, and its heartbeat has stopped: its runner is gone.
};

inline constexpr std::array kOutcomes{Outcome::running, Outcome::succeeded, Outcome::failed,  Outcome::not_reached,
                                      Outcome::aborted, Outcome::lock_lost, Outcome::vanished};

std::string_view to_string(Outcome outcome);

// nullopt: it is none.
std::optional<Outcome> parse_outcome(std::string_view text);

// Whose bookkeeping it is that a run writes. Two are the same where tool and table are, and the schema too as far as
// it is known: before the first migration nobody knows where the tool will put its table.
struct Target {
    std::string tool;
    std::string schema;  // empty: not known, or the database has none
    std::string table;   // empty: a tool that is read by a query
};

struct Run {
    std::string id;
    Outcome outcome = Outcome::running;
    std::string by;                                      // pod, or else host
    std::string started_at;                              // RFC 3339, UTC, by the database's clock
    std::chrono::milliseconds started_ago{0};            // by the database's clock
    std::optional<std::chrono::milliseconds> ended_ago;  // the same
    std::optional<int> exit_code;                        // the command's; 128+N: ended by signal N
    std::string digest;                                  // of the requirement
    std::vector<std::string> required;                   // all of it
    std::string ended_at = {};                           // as started_at; empty: it has no end
};

// How long a heartbeat may be silent before a run counts as vanished.
inline constexpr std::chrono::seconds kHeartbeatLimit{5};
inline constexpr std::chrono::seconds kHeartbeatEvery{1};

}  // namespace schemalatch::model
