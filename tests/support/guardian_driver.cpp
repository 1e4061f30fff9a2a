// Runs a command under a guardian as `upgrade` does, without a database: for tests/integration/guardian_test.py.
//   guardian_driver RESULT [--hold FD] [--kill-after MILLISECONDS] [--add NAME=VALUE]... -- COMMAND [ARG...]
// RESULT is a file: "guarding" once the command was ordered, then how it ended. SIGTERM: stop; SIGQUIT: kill; SIGALRM:
// destroy the guardian; other signals are passed on.
#include <poll.h>
#include <sys/signalfd.h>

#include <array>
#include <cassert>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "sidecar/upgrade/guardian.h"

using namespace schemalatch;
using upgrade::CommandEnd;
using upgrade::Guardian;

namespace {

struct Wishes {
    std::string result;
    int held = -1;
    int kill_after = 20000;
    std::vector<std::string> additions, command;
};

Wishes wishes_of(int argc, char** argv) {
    Wishes wishes;
    wishes.result = argv[1];
    int at = 2;
    for (; at + 1 < argc && std::string{argv[at]} != "--"; at += 2) {
        const std::string name = argv[at];
        if (name == "--hold") wishes.held = std::stoi(argv[at + 1]);
        if (name == "--kill-after") wishes.kill_after = std::stoi(argv[at + 1]);
        if (name == "--add") wishes.additions.emplace_back(argv[at + 1]);
    }
    wishes.command.assign(argv + at + 1, argv + argc);
    return wishes;
}

constexpr std::array kHeeded{SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM};

Descriptor blocked_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : kHeeded) sigaddset(&signals, number);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    return Descriptor{signalfd(-1, &signals, SFD_CLOEXEC)};
}

// false: the guardian shall be destroyed.
bool obey(int number, const Wishes& wishes, Guardian& guardian) {
    if (number == SIGALRM) return false;
    if (number == SIGTERM)
        guardian.stop(std::chrono::milliseconds{wishes.kill_after});
    else if (number == SIGQUIT)
        guardian.kill();
    else
        guardian.pass(number);
    return true;
}

std::string describe(const CommandEnd& end) {
    static constexpr std::array kWords{"exited", "killed", "not_started"};
    return std::string{kWords.at(static_cast<std::size_t>(end.how))} + " " + std::to_string(end.number) +
           (end.lock_let_go ? " lock_let_go" : "");
}

std::string drive(const Wishes& wishes, Guardian guardian, int signals) {
    if (wishes.held >= 0) guardian.hold(wishes.held);
    guardian.run(wishes.additions);
    std::ofstream{wishes.result} << "guarding" << std::endl;
    while (true) {
        if (const auto end = guardian.end()) return describe(*end);
        std::array<pollfd, 2> asked{{{guardian.fd(), POLLIN, 0}, {signals, POLLIN, 0}}};
        poll(asked.data(), asked.size(), 200);
        signalfd_siginfo signal{};
        if ((asked[1].revents & POLLIN) != 0 && read(signals, &signal, sizeof signal) == sizeof signal &&
            !obey(static_cast<int>(signal.ssi_signo), wishes, guardian))
            return "destroyed";
        guardian.beat();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (const auto guarded = upgrade::guard_if_asked(argc, argv)) return *guarded;
    std::signal(SIGPIPE, SIG_IGN);  // as main() does
    const Wishes wishes = wishes_of(argc, argv);
    const Descriptor signals = blocked_signals();
    auto guardian = Guardian::start(wishes.command);
    if (!guardian) {
        std::fprintf(stderr, "%s\n", guardian.error().c_str());
        return 1;
    }
    const std::string end = drive(wishes, *std::move(guardian), signals.get());
    std::ofstream{wishes.result, std::ios::app} << end << std::endl;
}
