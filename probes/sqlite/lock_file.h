// A file that is locked with flock(2).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "probes/model/upgrade_session.h"

namespace schemalatch::sqlite {

// Who has it, for people.
struct LockHolder {
    std::string pid;
    std::string host;
    std::string name;
};

// Owns one open file description, to which the lock belongs: copies of its descriptor share it, and whoever unlocks
// through one of them frees it. The descriptor is closed when a process is executed. The file stays when the lock is
// freed: to remove it would take it from under one who waits. Not thread-safe.
class LockFile {
public:
    // Creates it where there is none. Never follows a symbolic link, and changes no file that may be another's.
    static model::Said<LockFile> open(const std::filesystem::path& file);

    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&& other) noexcept;
    ~LockFile();  // frees the lock only if no copy is left

    int fd() const { return fd_; }

    // false: another has it. Never waits.
    model::Said<bool> try_lock();
    void unlock();

    // Whether its path still leads to it. If not, the next one locks another file.
    bool is_in_place() const;

    // What is written is a hint for people; a disk without room for it hinders nobody.
    void write_holder(const LockHolder& holder);

    // nullopt: nobody that could be named.
    std::optional<LockHolder> read_holder() const;

private:
    LockFile(std::filesystem::path file, int fd) : file_{std::move(file)}, fd_{fd} {}

    std::filesystem::path file_;
    int fd_ = -1;
};

// Tried with a file of its own beside, removed at once: why a lock keeps nobody out there; empty: it does.
model::Said<std::string> why_lock_file_is_void(const std::filesystem::path& beside);

}  // namespace schemalatch::sqlite
