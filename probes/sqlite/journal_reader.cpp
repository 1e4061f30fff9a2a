#include "probes/sqlite/journal_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include "probes/sqlite/database.h"
#include "probes/sqlite/journal_contents.h"
#include "probes/sqlite/real_path.h"
#include "probes/sqlite/statement.h"

namespace schemalatch::sqlite {

namespace {

using model::Deadline;
using model::Journal;
using model::JournalState;
using Lineage = std::shared_ptr<const model::Parents>;

// An upgrade writes for milliseconds, once a second.
constexpr std::chrono::milliseconds kLongestLockWait{100};

model::TimePoint now() { return std::chrono::steady_clock::now(); }

std::optional<JournalState> state_of_errno() {
    if (errno == ENOENT || errno == ENOTDIR) return JournalState::absent;
    if (errno == EACCES) return JournalState::denied;
    return std::nullopt;
}

// By the file alone: what is there may still be none of ours. It is not opened for that: closing it would take away the
// locks that another thread's look has on it.
std::optional<JournalState> state_of(const std::filesystem::path& file) {
    struct stat status {};
    if (lstat(file.c_str(), &status) != 0) return state_of_errno();
    if (is_no_file_of_its_own(file)) return JournalState::absent;
    return access(file.c_str(), R_OK) == 0 ? JournalState::present : state_of_errno();
}

// nullopt: it tells us nothing this time.
std::optional<Journal> without_contents(const SqliteError& error) {
    const bool is_none = error.code == kNotOurs || error.code == kOtherFormat || (error.code & 0xFF) == SQLITE_NOTADB;
    return is_none ? std::optional{Journal{.state = JournalState::absent}} : std::nullopt;
}

// Null: there is more of it than we take. What takes too long must not hide the runs: then `known` stands.
Tried<Lineage> lineage_in(sqlite3* database, const model::Target& target, Lineage known) {
    auto lineage = known_lineage(database, target);
    if (lineage) return std::make_shared<const model::Parents>(std::move(*lineage));
    if (lineage.error().code == SQLITE_TOOBIG) return nullptr;
    if (lineage.error().code == SQLITE_INTERRUPT) return known;
    return tl::make_unexpected(lineage.error());
}

// In one transaction, so that the runs are those that the lineage belongs to.
Tried<Journal> contents(sqlite3* database, const model::Target& target, bool with_lineage, Lineage known) {
    if (auto begun = execute(database, "BEGIN"); !begun) return tl::make_unexpected(begun.error());
    if (auto ours = check_mark(database); !ours) return tl::make_unexpected(ours.error());
    Journal journal{.state = JournalState::present, .read_at = now()};
    auto runs = newest_runs(database, target);
    if (!runs) return tl::make_unexpected(runs.error());
    journal.runs = std::move(*runs);
    if (!with_lineage) return journal;
    auto lineage = lineage_in(database, target, std::move(known));
    if (!lineage) return tl::make_unexpected(lineage.error());
    journal.lineage = std::move(*lineage);
    return journal;
}

}  // namespace

model::JournalPtr JournalReader::read(const Deadline& deadline) {
    return known_.take(read_anew({std::min(deadline.at, now() + model::kLongestJournalRead), deadline.stop_fd}));
}

// Each time by its path: links, and what they lead to, may change.
std::optional<Journal> JournalReader::read_anew(const Deadline& deadline) const {
    const auto real = real_path(database_);
    if (!real) return std::nullopt;
    const auto file = journal_beside(*real);
    const auto state = state_of(file);
    if (!state) return std::nullopt;
    return *state == JournalState::present ? read_file(file, deadline) : Journal{.state = *state};
}

std::optional<Journal> JournalReader::read_file(const std::filesystem::path& file, const Deadline& deadline) const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.at - now());
    if (left <= std::chrono::milliseconds::zero()) return std::nullopt;
    auto database = open_existing(file, Sharing::shared, deadline);
    if (!database) return without_contents(database.error());
    database->wait_for_others(std::min(kLongestLockWait, left / 2));
    database->distrust();
    auto journal = contents(database->get(), target_, reads_lineage_, known_.lineage());
    if (!journal) return without_contents(journal.error());
    return std::move(*journal);
}

}  // namespace schemalatch::sqlite
