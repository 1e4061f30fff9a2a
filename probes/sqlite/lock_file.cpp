#include "probes/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <sstream>
#include <utility>

#include "probes/model/printable.h"

namespace schemalatch::sqlite {

namespace {

using model::FailureKind;
using model::printable;
using model::ProbeFailure;
using model::Said;

constexpr off_t kLongest = 4096;  // bytes; ours has some hundred
constexpr mode_t kMode = 0666;    // what the umask leaves of it, as for a database
constexpr int kFlags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
constexpr int kToLock = O_RDWR | O_CREAT | kFlags;
constexpr int kToLook = O_RDONLY | kFlags;

// Of the whole file.
struct flock sign(short type) {
    struct flock whole {};
    whole.l_type = type;
    whole.l_whence = SEEK_SET;
    return whole;
}

tl::unexpected<ProbeFailure> failure(FailureKind kind, std::string detail) {
    return tl::make_unexpected(ProbeFailure{kind, std::move(detail)});
}

std::string named(const std::filesystem::path& file) { return "the lock file " + printable(file.string()); }

tl::unexpected<ProbeFailure> cannot_open(const std::filesystem::path& file, int number) {
    const std::string text = named(file) + " cannot be opened (" + std::strerror(number) + "); ";
    switch (number) {
        case ENOENT:
            return failure(FailureKind::unreachable, text + "create its folder, or correct the URL");
        case EACCES:
        case EPERM:
            return failure(FailureKind::denied,
                           text + "let our user write the file, its folder, and enter the folders on the way");
        case EROFS:
            return failure(FailureKind::denied, text + "mount its folder writable");
        default:
            return failure(FailureKind::unreadable, text + "see what is the matter with its folder");
    }
}

tl::unexpected<ProbeFailure> not_ours(const std::filesystem::path& file, const std::string& what) {
    return failure(FailureKind::unreadable,
                   named(file) + " is " + what + "; move it away: a lock file is a small file of its own");
}

// What it is before it is opened: opening a device may do something.
Said<void> check_kind(const std::filesystem::path& file) {
    struct stat status {};
    if (lstat(file.c_str(), &status) != 0) return {};
    if (S_ISLNK(status.st_mode)) return not_ours(file, "a symbolic link");
    if (S_ISDIR(status.st_mode)) return not_ours(file, "a folder");
    if (!S_ISREG(status.st_mode)) return not_ours(file, "a pipe, a socket or a device");
    if (status.st_nlink > 1) return not_ours(file, "another name of some file");
    if (status.st_size > kLongest) return not_ours(file, "somebody else's file");
    return {};
}

// One line of "key=value" lines.
std::string value_of(const std::string& text, const std::string& key) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(key + "=")) return printable(line.substr(key.size() + 1));
    }
    return "";
}

}  // namespace

Said<LockFile> LockFile::open(const std::filesystem::path& file) {
    if (auto checked = check_kind(file); !checked) return tl::make_unexpected(checked.error());
    const int fd = ::open(file.c_str(), kToLock, kMode);
    if (fd < 0) return cannot_open(file, errno);
    return checked({file, fd});
}

Said<std::optional<LockFile>> LockFile::open_to_look(const std::filesystem::path& file) {
    if (auto checked = check_kind(file); !checked) return tl::make_unexpected(checked.error());
    const int fd = ::open(file.c_str(), kToLook);
    if (fd < 0 && errno == ENOENT) return std::nullopt;
    if (fd < 0)
        return failure(FailureKind::denied, named(file) + " cannot be read (" + std::strerror(errno) +
                                                "); let our user read it, and enter the folders on the way");
    auto opened = checked({file, fd});
    if (!opened) return tl::make_unexpected(opened.error());
    return std::optional{std::move(*opened)};
}

// It may have been replaced between check_kind() and the opening.
Said<LockFile> LockFile::checked(LockFile opened) {
    struct stat status {};
    if (fstat(opened.fd_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1)
        return not_ours(opened.file_, "changing under our hands");
    return opened;
}

LockFile::LockFile(LockFile&& other) noexcept : file_{std::move(other.file_)}, fd_{std::exchange(other.fd_, -1)} {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(fd_, other.fd_);
    return *this;
}

LockFile::~LockFile() {
    if (fd_ >= 0) ::close(fd_);
}

Said<bool> LockFile::try_lock() {
    while (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK) return false;
        return failure(FailureKind::unreadable, named(file_) + " cannot be locked (" + std::strerror(errno) + ")");
    }
    // Where a file system has no such locks, asking fails too: then a look cannot tell, and that is all that is lost.
    auto up = sign(F_WRLCK);
    fcntl(fd_, F_OFD_SETLK, &up);
    return true;
}

// NOLINTNEXTLINE(readability-make-member-function-const): others see the difference
void LockFile::unlock() { free_lock(fd_); }

Said<bool> LockFile::is_held_by_another() const {
    auto found = sign(F_RDLCK);
    if (fcntl(fd_, F_OFD_GETLK, &found) == 0) return found.l_type != F_UNLCK;
    return failure(FailureKind::unreadable, "nobody can see whether " + named(file_) + " is locked (" +
                                                std::strerror(errno) + "); to find out who has it open: fuser " +
                                                printable(file_.string()));
}

bool LockFile::is_in_place() const {
    struct stat ours {
    }, there{};
    return fstat(fd_, &ours) == 0 && lstat(file_.c_str(), &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

// NOLINTNEXTLINE(readability-make-member-function-const): others see the difference
void LockFile::write_holder(const HolderNote& holder) {
    const auto text = "pid=" + holder.pid + "\nhost=" + printable(holder.host) + "\nname=" + printable(holder.name) +
                      "\nIt marks the upgrade of the database beside it. Never remove it while one runs.\n";
    if (ftruncate(fd_, 0) != 0) return;
    if (pwrite(fd_, text.data(), text.size(), 0) < 0) return;
}

std::optional<HolderNote> LockFile::read_holder() const {
    std::array<char, kLongest> buffer{};
    const auto size = pread(fd_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return std::nullopt;
    const std::string text{buffer.data(), static_cast<std::size_t>(size)};
    HolderNote holder{value_of(text, "pid"), value_of(text, "host"), value_of(text, "name")};
    // It will stand in a command to copy.
    constexpr std::size_t kLongestPid = 10;
    const auto& pid = holder.pid;
    const bool is_number = std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; });
    return pid.empty() || pid.size() > kLongestPid || !is_number ? std::nullopt : std::optional{holder};
}

void free_lock(int fd) {
    auto down = sign(F_UNLCK);
    fcntl(fd, F_OFD_SETLK, &down);
    flock(fd, LOCK_UN);
}

Said<std::string> why_lock_file_is_void(const std::filesystem::path& beside) {
    const std::filesystem::path file = beside.string() + "-test-" + std::to_string(std::random_device{}());
    auto first = LockFile::open(file);
    if (!first) return tl::make_unexpected(first.error());
    auto second = LockFile::open(file);
    ::unlink(file.c_str());
    if (!second) return tl::make_unexpected(second.error());
    const auto taken = first->try_lock();
    if (!taken) return tl::make_unexpected(taken.error());
    const auto taken_twice = second->try_lock();
    if (!taken_twice) return tl::make_unexpected(taken_twice.error());
    if (*taken && !*taken_twice) return "";
    return "a file in " + printable(file.parent_path().string()) + " can be locked twice";
}

}  // namespace schemalatch::sqlite
