#include "sidecar/upgrade/launch.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace schemalatch::upgrade {

namespace {

constexpr int kFirst = STDERR_FILENO + 1;
constexpr unsigned kCloseOnExec = 1U << 2;  // CLOSE_RANGE_CLOEXEC, which older headers lack

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

// What the new process needs, made before the fork: after it nothing may allocate.
struct Prepared {
    std::vector<char*> files, arguments, environment;
    int kept;
    bool dies_with_parent;
    pid_t parent;
    int refusal;
};

// From here to execute(): in the new process, async-signal-safe calls only.

void reset_signals() {
    for (int number = 1; number <= SIGRTMAX; ++number) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_others_on_exec(int kept) {
    if (syscall(SYS_close_range, kFirst, ~0U, kCloseOnExec) != 0) {  // before Linux 5.11
        rlimit limit{};
        getrlimit(RLIMIT_NOFILE, &limit);
        const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1U << 20));
        for (int fd = kFirst; fd < end; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    if (kept >= 0) fcntl(kept, F_SETFD, 0);
}

void die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before we asked
}

// The errors after which execvp(3) tries the next folder.
bool is_elsewhere_perhaps(int error) {
    return error == EACCES || error == ENOENT || error == ENOTDIR || error == ESTALE || error == ENODEV ||
           error == ETIMEDOUT;
}

// Returns errno: that of the last try, but EACCES if any try met it.
int try_files(const Prepared& prepared) {
    bool forbidden = false;
    int error = ENOENT;
    for (const char* file : prepared.files) {
        if (file == nullptr) break;
        execve(file, prepared.arguments.data(), prepared.environment.data());
        error = errno;
        forbidden = forbidden || error == EACCES;
        if (!is_elsewhere_perhaps(error)) return error;
    }
    return forbidden ? EACCES : error;
}

[[noreturn]] void execute(const Prepared& prepared) {
    reset_signals();
    setpgid(0, 0);
    if (prepared.dies_with_parent) die_with(prepared.parent);
    close_others_on_exec(prepared.kept);
    const int error = try_files(prepared);
    if (write(prepared.refusal, &error, sizeof error) < 0) _exit(126);
    _exit(127);
}

std::string_view name_of(std::string_view entry) { return entry.substr(0, entry.find('=')); }

std::string search_path(const std::vector<std::string>& environment) {
    const std::string_view key = "PATH=";
    for (const auto& entry : environment) {
        if (entry.starts_with(key)) return entry.substr(key.size());
    }
    return "/bin:/usr/bin";  // what execvp(3) takes then
}

}  // namespace

tl::expected<Launched, int> launch(const Launch& what) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected{errno};
    Descriptor read_end{ends[0]};
    const Descriptor write_end{ends[1]};
    const Prepared prepared{pointers(what.files),
                            pointers(what.arguments),
                            pointers(what.environment),
                            what.kept,
                            what.dies_with_us,
                            getpid(),
                            write_end.get()};
    const pid_t pid = fork();
    if (pid < 0) return tl::unexpected{errno};
    if (pid == 0) execute(prepared);
    setpgid(pid, pid);  // whoever of the two comes first: a signal for the group finds it
    return Launched{pid, std::move(read_end)};
}

int take_refusal(const Launched& launched) {
    int error = 0;
    ssize_t count = 0;
    do {
        count = read(launched.refusal.get(), &error, sizeof error);
    } while (count < 0 && errno == EINTR);
    return count == sizeof error ? error : 0;
}

std::vector<std::string> files_of(std::string_view name, const std::vector<std::string>& environment) {
    if (name.empty()) return {};
    if (name.find('/') != std::string_view::npos) return {std::string{name}};
    std::vector<std::string> files;
    const std::string path = search_path(environment);
    for (std::size_t start = 0; start <= path.size();) {
        const auto end = std::min(path.find(':', start), path.size());
        const std::string folder = path.substr(start, end - start);
        files.push_back((folder.empty() ? "." : folder) + "/" + std::string{name});
        start = end + 1;
    }
    return files;
}

std::vector<std::string> with_additions(std::vector<std::string> environment,
                                        const std::vector<std::string>& additions) {
    for (const auto& addition : additions) {
        std::erase_if(environment, [&](const auto& entry) { return name_of(entry) == name_of(addition); });
        environment.push_back(addition);
    }
    return environment;
}

std::vector<std::string> own_environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
    return entries;
}

}  // namespace schemalatch::upgrade
