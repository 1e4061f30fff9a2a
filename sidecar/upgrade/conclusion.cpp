#include "sidecar/upgrade/conclusion.h"

#include <cerrno>
#include <cstring>

#include "probes/model/printable.h"
#include "sidecar/upgrade/schema_look.h"

namespace schemalatch::upgrade {

namespace {

using model::Outcome;

std::string text_of(const CommandEnd& end) {
    switch (end.how) {
        case CommandEnd::How::exited:
            return "exited with " + std::to_string(end.number);
        case CommandEnd::How::killed:
            return "was ended by signal " + std::to_string(end.number);
        case CommandEnd::How::not_started:
            return std::string{"could not be started: "} + std::strerror(end.number);
    }
    return "";
}

// As a shell tells it.
int exit_code_of(const CommandEnd& end) {
    switch (end.how) {
        case CommandEnd::How::exited:
            return end.number;
        case CommandEnd::How::killed:
            return 128 + end.number;
        case CommandEnd::How::not_started:
            return end.number == ENOENT ? 127 : 126;
    }
    return 0;
}

class Conclusion {
public:
    Conclusion(Upgrading& upgrading, RunJournal& journal, const Ran& ran)
        : it_{upgrading}, journal_{journal}, ran_{ran} {}

    Result conclude();

private:
    Result lock_lost();
    Result failed();
    Result succeeded();

    // The error is what the upgrade ends with if nobody can see it, without what the command did.
    tl::expected<model::Observation, Result> verify();
    model::Look look();
    gate::Verdict judged(const model::Look& seen) const { return upgrade::judged(it_, seen, journal_.lineage()); }
    Result finish(Outcome outcome, std::vector<std::string> to, Result result);
    std::string command_said() const { return model::printable(it_.task.runner.command) + " " + text_of(ran_.end); }

    Upgrading& it_;
    RunJournal& journal_;
    const Ran& ran_;
    int told_to_stop_ = 0;
};

Result Conclusion::conclude() {
    if (ran_.lock_lost) return lock_lost();
    if (ran_.stopped_by != 0)
        return finish(Outcome::aborted, judged(it_.session.observe(it_.soon())).current,
                      {exit_code_of_signal(ran_.stopped_by), "stopped the command, as told"});
    return ran_.end.how == CommandEnd::How::exited && ran_.end.number == 0 ? succeeded() : failed();
}

// Recorded as well as may be: whoever takes over would else have to find out by the heartbeat.
Result Conclusion::lock_lost() {
    if (it_.session.open(it_.soon()) && journal_.open_again()) journal_.end({Outcome::lock_lost, {}, {}});
    return {ExitCode::lock_lost,
            "the lock was lost while the command ran, and the command was killed; see why the connection broke, then "
            "run the upgrade again"};
}

Result Conclusion::failed() {
    const auto after = judged(it_.session.observe(it_.soon()));
    return finish(Outcome::failed, after.current, {ExitCode::command_failed, command_said() + "; " + after.reason});
}

Result Conclusion::succeeded() {
    const auto seen = verify();
    if (!seen)
        return finish(Outcome::vanished, {},
                      {seen.error().code,
                       command_said() + ", but nobody can see whether the requirement is met: " + seen.error().text});
    const auto after = judged(*seen);
    if (!is_ready(after))
        return finish(Outcome::not_reached, after.current,
                      {ExitCode::not_reached, command_said() + ", yet the requirement is not met: " + after.reason});
    return finish(Outcome::succeeded, after.current, {ExitCode::ready, after.reason});
}

// A lock that is lost here was not lost while the command ran.
tl::expected<model::Observation, Result> Conclusion::verify() {
    auto seen = look();
    if (it_.session.is_lost()) {
        if (auto failed = connect(it_, "the result was verified")) return tl::make_unexpected(std::move(*failed));
        journal_.open_again();
        seen = look();
    }
    if (seen) return std::move(*seen);
    if (told_to_stop_ != 0) return tl::make_unexpected(told_to_stop_before("the result was verified", told_to_stop_));
    return tl::make_unexpected(Result{upgrade::exit_code_of(seen.error()), seen.error().detail});
}

model::Look Conclusion::look() {
    return patient_look(it_, [&] {
        it_.pace.sleep_until(it_.pace.now() + kBetweenTries, -1);
        it_.command.beat();
        journal_.beat();
        told_to_stop_ = it_.told_to_stop();
        return !it_.session.is_lost() && told_to_stop_ == 0;
    });
}

// The grants come before the news: who hears it shall be able to look.
Result Conclusion::finish(Outcome outcome, std::vector<std::string> to, Result result) {
    journal_.end({outcome, exit_code_of(ran_.end), std::move(to)});
    grant_readers(it_);
    it_.session.announce(it_.soon());
    return result;
}

}  // namespace

Result conclude(Upgrading& upgrading, RunJournal& journal, const Ran& ran) {
    return Conclusion{upgrading, journal, ran}.conclude();
}

}  // namespace schemalatch::upgrade
