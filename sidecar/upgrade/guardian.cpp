#include "sidecar/upgrade/guardian.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "sidecar/upgrade/launch.h"

namespace schemalatch::upgrade {

namespace {

constexpr const char* kOurselves = "/proc/self/exe";

// How long an order waits for a guardian that does not take its packets, after it was woken.
constexpr std::chrono::milliseconds kPatience{1000};

// Between two rounds of killing from here.
constexpr std::chrono::milliseconds kRound{5};

tl::unexpected<std::string> refused(const std::string& what, int error, const std::string& remedy) {
    return tl::unexpected{"the command's guardian cannot be started: " + what + ": " +
                          std::generic_category().message(error) + "; " + remedy};
}

Launch ourselves_as_guardian(int channel, const std::vector<std::string>& command) {
    Launch launch{{kOurselves},
                  {"schemalatch", std::string{kGuardWord}, std::to_string(channel), "--"},
                  own_environment(),
                  channel};
    launch.arguments.insert(launch.arguments.end(), command.begin(), command.end());
    return launch;
}

// `theirs` is closed here: then the guardian's death is heard as the end of the channel, and no time limit is needed.
bool hears_that_it_guards(int channel, Descriptor& theirs) {
    theirs = Descriptor{};
    std::array<char, 64> buffer{};
    ssize_t count = 0;
    do {
        count = recv(channel, buffer.data(), buffer.size(), 0);
    } while (count < 0 && errno == EINTR);
    return count > 0 && std::string_view{buffer.data(), static_cast<std::size_t>(count)} == kGuards;
}

void wait_for(pid_t pid) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void sleep_for_a_round() { poll(nullptr, 0, static_cast<int>(kRound.count())); }

}  // namespace

tl::expected<Guardian, std::string> Guardian::start(const std::vector<std::string>& command) {
    assert(!command.empty());
    if (!is_proc_ours())
        return refused(kOurselves, ENOENT, "mount the /proc of this container, as container runtimes do");
    std::signal(SIGCHLD, SIG_DFL);  // if it is ignored, by whoever started us, no end of a child is told
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return refused("PR_SET_CHILD_SUBREAPER", errno, "it needs Linux 3.4 or later");
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return refused("socketpair", errno, "check the limits of this process or container");
    Descriptor ours{ends[0]};
    Descriptor theirs{ends[1]};
    Pids strangers = children();
    const auto launched = launch(ourselves_as_guardian(theirs.get(), command));
    if (!launched) return refused("fork", launched.error(), "check the limits of this process or container");
    if (const int error = take_refusal(*launched)) {
        wait_for(launched->pid);
        return refused(kOurselves, error, "the binary must be executable where it is");
    }
    if (!hears_that_it_guards(ours.get(), theirs)) {
        wait_for(launched->pid);
        return refused(kOurselves, ENOEXEC, "call the binary itself, not through a loader");
    }
    return Guardian{std::move(ours), launched->pid, std::move(strangers)};
}

Guardian::Guardian(Descriptor channel, int pid, Pids strangers)
    : channel_{std::move(channel)}, pid_{pid}, strangers_{std::move(strangers)} {}

Guardian::Guardian(Guardian&& other) noexcept
    : channel_{std::move(other.channel_)},
      pid_{std::exchange(other.pid_, -1)},
      strangers_{std::move(other.strangers_)},
      is_orphaned_{other.is_orphaned_},
      end_{other.end_} {}

Guardian& Guardian::operator=(Guardian&& other) noexcept {
    std::swap(channel_, other.channel_);
    std::swap(pid_, other.pid_);
    std::swap(strangers_, other.strangers_);
    std::swap(is_orphaned_, other.is_orphaned_);
    std::swap(end_, other.end_);
    return *this;
}

Guardian::~Guardian() {
    if (!channel_) return;
    give({Order::Kind::leave, 0, {}});
    wake();
    while (pid_ > 0) reap(0);
    while (is_orphaned_ && !is_tree_gone()) {
        kill_tree(strangers_);
        sleep_for_a_round();
    }
}

void Guardian::hold(int lock_fd) { give({Order::Kind::hold, 0, {}}, lock_fd); }

void Guardian::run(const std::vector<std::string>& additions) { give({Order::Kind::run, 0, additions}); }

void Guardian::beat() {
    // Dropped if the guardian has not taken the last ones: it counts none but the newest. Then it may have been
    // stopped.
    if (!offer(encode(Order{Order::Kind::beat, 0, {}}), -1) && errno == EAGAIN) wake();
    reap(WNOHANG);
}

void Guardian::pass(int signal) { give({Order::Kind::pass, signal, {}}); }

void Guardian::stop(std::chrono::milliseconds kill_after) {
    constexpr std::chrono::milliseconds kLongest{std::numeric_limits<int>::max()};
    give({Order::Kind::stop, static_cast<int>(std::min(kill_after, kLongest).count()), {}});
    wake();
}

void Guardian::kill() {
    give({Order::Kind::kill, 0, {}});
    wake();
}

int Guardian::fd() const { return channel_.get(); }

// An order that cannot be given because the guardian is dead is none: end() tells.
void Guardian::give(const Order& order, int attached) {
    const std::string packet = encode(order);
    if (offer(packet, attached) || errno != EAGAIN) return;
    wake();
    pollfd asked{channel_.get(), POLLOUT, 0};
    poll(&asked, 1, static_cast<int>(kPatience.count()));
    offer(packet, attached);
}

bool Guardian::offer(const std::string& packet, int attached) const {
    iovec buffer{const_cast<char*>(packet.data()), packet.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    if (attached >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof attached);
        std::memcpy(CMSG_DATA(part), &attached, sizeof attached);
    }
    return sendmsg(channel_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

// Somebody may have stopped it.
void Guardian::wake() const {
    if (pid_ > 0) ::kill(pid_, SIGCONT);
}

std::optional<CommandEnd> Guardian::end() {
    if (end_) return end_;
    std::array<char, 64> buffer{};
    ssize_t count = recv(channel_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    // A guardian that has ended without taking our last beat: the kernel tells that first, and its report behind it.
    if (count < 0 && errno == ECONNRESET) count = recv(channel_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    if (count > 0) end_ = decode_end({buffer.data(), static_cast<std::size_t>(count)});
    if (!end_) end_instead();
    return end_;
}

// The guardian is dead: its children are ours by now, or will be in a moment.
void Guardian::end_instead() {
    is_orphaned_ = true;
    kill_tree(strangers_);
    sleep_for_a_round();
    if (!is_tree_gone()) return;
    is_orphaned_ = false;
    end_ = CommandEnd{CommandEnd::How::killed, SIGKILL};
}

// Takes children that have ended, `options` as for waitpid(2): the guardian, strangers, and orphans of others that come
// to us as PID 1 of a container. True: there is no child at all.
bool Guardian::reap(int options) {
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, options | __WALL)) > 0) {
        strangers_.erase(pid);
        if (pid != pid_) continue;
        pid_ = -1;
        if (status != 0) is_orphaned_ = true;
        options |= WNOHANG;
    }
    const bool is_childless = pid < 0 && errno == ECHILD;
    if (is_childless) pid_ = -1;
    return is_childless;
}

bool Guardian::is_tree_gone() {
    if (reap(WNOHANG)) return true;
    return pid_ < 0 && !strangers_.empty() && descendants(strangers_).empty();
}

}  // namespace schemalatch::upgrade
