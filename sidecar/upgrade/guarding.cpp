#include "sidecar/upgrade/guarding.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

#include "probes/sqlite/lock_file.h"
#include "sidecar/exit_code.h"
#include "sidecar/upgrade/guardian.h"
#include "sidecar/upgrade/process_tree.h"

namespace schemalatch::upgrade {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kLongestPacket = 1U << 18U;  // more than a socket's default buffer takes

// Between two rounds of killing. A child that ends wakes us anyway; this is for those born meanwhile, and for those
// that may not or cannot die now: another user's, or one that waits for a disk.
constexpr milliseconds kLongestRoundWait{100};

struct Packet {
    std::string bytes;
    Descriptor attached;
};

Descriptor descriptor_in(msghdr& message) {
    Descriptor found;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
        found = Descriptor{fd};
    }
    return found;
}

enum class Heard { packet, nothing, silence_for_ever };

Heard receive(int channel, Packet& packet) {
    packet.bytes.resize(kLongestPacket);
    iovec buffer{packet.bytes.data(), packet.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Heard::nothing;
    if (count <= 0) return Heard::silence_for_ever;
    packet.bytes.resize(static_cast<std::size_t>(count));
    packet.attached = descriptor_in(message);
    return Heard::packet;
}

// All signals wait, so that none but SIGKILL and SIGSTOP has an effect: those of a terminal and of who ends the runner
// are for the runner, which passes on what the command shall have.
Descriptor block_signals() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    const int fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) throw std::system_error{errno, std::generic_category(), "signalfd"};
    return Descriptor{fd};
}

// The command's group is not in the terminal's foreground: if it read there the kernel would stop it, for ever and
// without a word. So it finds an end of input instead.
void forgo_terminal_input() {
    if (isatty(STDIN_FILENO) == 0) return;
    const Descriptor nothing{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    if (nothing) dup2(nothing.get(), STDIN_FILENO);
}

void send_packet(int channel, std::string_view bytes) {
    // It fails if the runner is dead, which is known soon enough.
    (void)send(channel, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Guarding::Guarding(Descriptor channel, std::vector<std::string> command)
    : channel_{std::move(channel)}, signals_{block_signals()}, command_{std::move(command)} {
    forgo_terminal_input();
    prctl(PR_SET_NAME, "schemalatch");  // else that of what was executed: "exe"
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        throw std::system_error{errno, std::generic_category(), "PR_SET_CHILD_SUBREAPER"};
}

int Guarding::run() {
    send_packet(channel_.get(), kGuards);
    while (!is_over()) {
        wait();
        take_orders();
        heed_time();
        reap();
    }
    if (abandoned_ && !is_leaving_) let_lock_go();
    lock_ = Descriptor{};
    tell_end();
    return 0;
}

bool Guarding::is_over() const { return is_childless_ && (end_ || is_leaving_ || abandoned_); }

void Guarding::wait() {
    const auto left = std::chrono::ceil<milliseconds>(next_due() - Clock::now()).count();
    const int timeout = static_cast<int>(std::clamp<long long>(left, 0, 1000));
    std::array<pollfd, 2> asked{{{signals_.get(), POLLIN, 0}, {hears_runner_ ? channel_.get() : -1, POLLIN, 0}}};
    poll(asked.data(), asked.size(), timeout);
    // How often it came does not count: reap() takes all who have ended.
    signalfd_siginfo signal{};
    while (read(signals_.get(), &signal, sizeof signal) > 0) {
    }
}

Guarding::Clock::time_point Guarding::next_due() const {
    auto due = Clock::now() + std::chrono::seconds{1};
    if (launched_ && hears_runner_) due = std::min(due, next_tick_);
    if (next_round_) return std::min(due, *next_round_);
    if (kill_at_) due = std::min(due, *kill_at_);
    return due;
}

void Guarding::take_orders() {
    Packet packet;
    while (hears_runner_) {
        switch (receive(channel_.get(), packet)) {
            case Heard::nothing:
                return;
            case Heard::silence_for_ever:
                return abandon();
            case Heard::packet:
                pulse_.beat();
                if (const auto order = decode_order(packet.bytes)) obey(*order, std::move(packet.attached));
        }
    }
}

void Guarding::obey(const Order& order, Descriptor attached) {
    switch (order.kind) {
        case Order::Kind::hold:
            lock_ = std::move(attached);
            return;
        case Order::Kind::run:
            return start_command(order.additions);
        case Order::Kind::beat:
            return;
        case Order::Kind::pass:
            return pass(order.number);
        case Order::Kind::stop:
            return terminate(milliseconds{order.number});
        case Order::Kind::leave:
            is_leaving_ = true;
            [[fallthrough]];
        case Order::Kind::kill:
            end_before_it_began(SIGKILL);
            next_round_ = Clock::now();
    }
}

void Guarding::start_command(const std::vector<std::string>& additions) {
    if (launched_ || end_ || next_round_) return;
    const auto environment = with_additions(own_environment(), additions);
    auto launched = launch({.files = files_of(command_[0], environment),
                            .arguments = command_,
                            .environment = environment,
                            .dies_with_us = true});
    if (!launched) {
        end_ = CommandEnd{CommandEnd::How::not_started, launched.error()};
        return;
    }
    launched_ = *std::move(launched);
    is_childless_ = false;
    next_tick_ = Clock::now() + kTick;
}

void Guarding::end_before_it_began(int number) {
    if (!launched_ && !end_) end_ = CommandEnd{CommandEnd::How::killed, number};
}

void Guarding::pass(int number) const {
    if (launched_ && !end_) kill(-launched_->pid, number);
}

void Guarding::terminate(milliseconds kill_after) {
    end_before_it_began(SIGTERM);
    signal_tree(SIGTERM);
    signal_tree(SIGCONT);  // whoever is stopped would not heed it
    const auto at = Clock::now() + kill_after;
    kill_at_ = kill_at_ ? std::min(*kill_at_, at) : at;
}

void Guarding::heed_time() {
    const auto now = Clock::now();
    if (launched_ && hears_runner_ && now >= next_tick_) {
        next_tick_ = now + kTick;
        if (pulse_.tick()) abandon();
    }
    if (kill_at_ && now >= *kill_at_ && !next_round_) next_round_ = now;
    if (!next_round_ || now < *next_round_) return;
    kill_tree();
    next_round_ = now + round_wait_;
    round_wait_ = std::min(round_wait_ * 2, kLongestRoundWait);
}

void Guarding::abandon() {
    hears_runner_ = false;
    abandoned_ = true;
    if (!next_round_) next_round_ = Clock::now();
}

void Guarding::reap() {
    const bool had_ended = end_.has_value();
    int status = 0;
    pid_t pid = 0;
    // __WALL: also children that were made by clone(2) to end without SIGCHLD.
    while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
        if (launched_ && pid == launched_->pid && !end_) command_ended(status);
    }
    is_childless_ = pid < 0 && errno == ECHILD;
    if (end_ && !had_ended && !is_childless_) terminate(kLeftBehind);
}

void Guarding::command_ended(int status) {
    const int refusal = take_refusal(*launched_);
    if (refusal != 0)
        end_ = CommandEnd{CommandEnd::How::not_started, refusal};
    else if (WIFSIGNALED(status))
        end_ = CommandEnd{CommandEnd::How::killed, WTERMSIG(status)};
    else
        end_ = CommandEnd{CommandEnd::How::exited, WEXITSTATUS(status)};
}

void Guarding::let_lock_go() const {
    if (!lock_) return;
    struct stat what {};
    fstat(lock_.get(), &what);
    // Closing our copy would not do: a stopped runner still has its own.
    if (S_ISSOCK(what.st_mode))
        shutdown(lock_.get(), SHUT_RDWR);
    else
        sqlite::free_lock(lock_.get());
}

void Guarding::tell_end() {
    if (!end_) return;
    end_->lock_let_go = abandoned_;
    send_packet(channel_.get(), encode(*end_));
}

namespace {

bool is_channel(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

}  // namespace

std::optional<int> guard_if_asked(int argc, char** argv) {
    if (argc < 5 || std::string_view{argv[1]} != kGuardWord || std::string_view{argv[3]} != "--") return std::nullopt;
    int fd = -1;
    const std::string_view text = argv[2];
    std::from_chars(text.data(), text.data() + text.size(), fd);
    if (!is_channel(fd)) {
        std::fputs("schemalatch: error: __guard is what upgrade starts by itself; call schemalatch upgrade\n", stderr);
        return static_cast<int>(ExitCode::usage);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    try {
        // Nothing may come after the end was told. A leak checker would stop this process for its work, and a SIGCONT
        // of the runner's, which it sends in case that we are stopped, undoes that for ever.
        _exit(Guarding{Descriptor{fd}, {argv + 4, argv + argc}}.run());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "schemalatch: error: the command's guardian: %s; check the limits of this container\n",
                     error.what());
        return static_cast<int>(ExitCode::internal);
    }
}

}  // namespace schemalatch::upgrade
