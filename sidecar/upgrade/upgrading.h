// What the phases of one upgrade share. They are prepare, run and conclude, each in a file of its own.
#pragma once

#include <optional>
#include <string>

#include "probes/model/probe.h"
#include "sidecar/upgrade/pulse.h"
#include "sidecar/upgrade/upgrade.h"

namespace schemalatch::upgrade {

// Less than kStall, or the guardian would take us for dead; and less than the server needs to let go of the lock of a
// peer that vanished, or two commands could run.
inline constexpr model::Duration kAnswerDeadline{3000};
static_assert(kAnswerDeadline < kStall);

inline constexpr model::Duration kBetweenTries{100};
inline constexpr model::Duration kBetweenConnects{500};

// Says by the log what is waited for when it changes, and from time to time that nothing has changed.
class Teller {
public:
    Teller(std::string name, const Pace& pace) : name_{std::move(name)}, pace_{pace} {}

    void tell(const std::string& text);

private:
    std::string name_;
    const Pace& pace_;
    std::string told_;
    model::TimePoint again_at_;
};

// One thread has it, and gives it from phase to phase.
struct Upgrading {
    Upgrading(const Task& the_task, const Surroundings& around)
        : task{the_task},
          session{around.session},
          command{around.command},
          pace{around.pace},
          started{pace.now()},
          teller{task.name, pace} {}

    model::Deadline soon() const { return {pace.now() + kAnswerDeadline, -1}; }
    model::Deadline unless_told(model::Duration time) const { return {pace.now() + time, pace.stop_fd()}; }

    // The signal that tells us to end, if one came; 0: none. One that is for the command does not count yet.
    int told_to_stop();

    const Task& task;
    model::UpgradeSession& session;
    CommandRunner& command;
    Pace& pace;
    model::TimePoint started;
    Teller teller;
};

// Waits for the server and opens the session, anew if it was open. What the upgrade ends with if that is not to be;
// `phase` is what a signal then came before.
std::optional<Result> connect(Upgrading& upgrading, const std::string& phase);

// Lets the readers read; a failure is only told.
void grant_readers(Upgrading& upgrading);

// Waits until then. What the upgrade ends with if it was told to end before its command has run.
std::optional<Result> pause(Upgrading& upgrading, model::TimePoint until);

inline constexpr auto kBeforeTheCommand = "the command was run";
Result told_to_stop_before(const std::string& phase, int signal);
ExitCode exit_code_of(const model::ProbeFailure& failure);

// "10 s", or "250 ms" below one second.
std::string seconds_of(model::Duration time);

}  // namespace schemalatch::upgrade
