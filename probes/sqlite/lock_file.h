// A file that is locked with flock(2), and shows it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "probes/model/upgrade_session.h"

namespace schemalatch::sqlite {

// Who has it, for people.
struct HolderNote {
    std::string pid;
    std::string host;
    std::string name;
};

// Owns one open file description, to which the lock belongs: copies of its descriptor share it, and whoever unlocks
// through one of them frees it. The descriptor is closed when a process is executed. The file stays when the lock is
// freed: to remove it would take it from under one who waits. Not thread-safe.
//
// Whether a file is locked with flock(2) can only be found out by locking it. So who has it also puts up a sign, for
// those who only want to look: a lock of the open file description (F_OFD_SETLK), which keeps nobody out and ends with
// it.
class LockFile {
public:
    // Creates it where there is none. Never follows a symbolic link, and changes no file that may be another's.
    static model::Said<LockFile> open(const std::filesystem::path& file);

    LockFile(LockFile&& other) noexcept;
    LockFile& operator=(LockFile&& other) noexcept;
    ~LockFile();  // frees the lock only if no copy is left

    // To read alone: whoever looks creates and changes nothing, and never stands in the way of try_lock(). nullopt:
    // there is none, so nobody has it.
    static model::Said<std::optional<LockFile>> open_to_look(const std::filesystem::path& file);

    int fd() const { return fd_; }

    // false: another has it. Never waits.
    model::Said<bool> try_lock();
    void unlock();

    // By the sign of who has it.
    model::Said<bool> is_held_by_another() const;

    // Whether its path still leads to it. If not, the next one locks another file.
    bool is_in_place() const;

    // What is written is a hint for people; a disk without room for it hinders nobody.
    void write_holder(const HolderNote& holder);

    // nullopt: nobody that could be named.
    std::optional<HolderNote> read_holder() const;

private:
    static model::Said<LockFile> checked(LockFile opened);

    LockFile(std::filesystem::path file, int fd) : file_{std::move(file)}, fd_{fd} {}

    std::filesystem::path file_;
    int fd_ = -1;
};

// Frees the lock of an open file description, for all who have a copy of its descriptor, and takes down the sign.
void free_lock(int fd);

// Tried with a file of its own beside, removed at once: why a lock keeps nobody out there; empty: it does.
model::Said<std::string> why_lock_file_is_void(const std::filesystem::path& beside);

}  // namespace schemalatch::sqlite
