#include "probes/sqlite/upgrade_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cctype>
#include <string_view>

#include "probes/model/printable.h"
#include "probes/sqlite/real_path.h"

namespace schemalatch::sqlite {

namespace {

namespace fs = std::filesystem;

using model::FailureKind;
using model::printable;
using model::ProbeFailure;

tl::unexpected<ProbeFailure> cannot_tell(std::string why) {
    return tl::make_unexpected(ProbeFailure{FailureKind::unreachable, std::move(why)});
}

// Fit for a file's name, and different for different names.
std::string percent_encoded(const std::string& text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string encoded;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        if (std::isalnum(code) != 0 || c == '-' || c == '_' || c == '.') {
            encoded += c;
        } else {
            encoded += std::string{'%'} + kDigits[code >> 4] + kDigits[code & 15];
        }
    }
    return encoded;
}

// A file that alone was mounted into a container: the folder about it is the container's own.
bool is_mounted_alone(const fs::path& file) {
    struct statx status {};
    return statx(AT_FDCWD, file.c_str(), 0, 0, &status) == 0 && (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

}  // namespace

fs::path lock_path(const fs::path& database, const std::string& lock_name) {
    return database.string() + ".schemalatch-lock" + (lock_name.empty() ? "" : "-" + percent_encoded(lock_name));
}

model::LockHolder holder_by(const std::optional<HolderNote>& note, const fs::path& lock_path) {
    const std::string find = "fuser " + printable(lock_path.string());
    if (!note) return {"", std::nullopt, "to find it: " + find};
    return {note->name, std::stoll(note->pid),
            "to end it: kill " + note->pid + " on " + note->host + "; to see whether it is that: " + find};
}

std::string why_lock_is_elsewhere(const fs::path& database) {
    if (!is_mounted_alone(database)) return "";
    return printable(database.string()) +
           " is mounted alone, so the lock file beside it is not the one that others see";
}

model::LockLook look_at_lock(const fs::path& database, const std::string& lock_name) {
    const auto real = real_path(database);
    if (!real) return cannot_tell(real.error());
    if (auto why = why_lock_is_elsewhere(*real); !why.empty()) return cannot_tell(std::move(why));
    const auto path = lock_path(*real, lock_name);
    const auto file = LockFile::open_to_look(path);
    if (!file) return tl::make_unexpected(file.error());
    if (!*file) return std::nullopt;
    const auto held = (*file)->is_held_by_another();
    if (!held) return tl::make_unexpected(held.error());
    if (!*held) return std::nullopt;
    return holder_by((*file)->read_holder(), path);
}

}  // namespace schemalatch::sqlite
