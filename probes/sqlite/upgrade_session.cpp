#include "probes/sqlite/upgrade_session.h"

#include <unistd.h>

#include <optional>

#include "probes/model/printable.h"
#include "probes/sqlite/database.h"
#include "probes/sqlite/journal_file.h"
#include "probes/sqlite/lock_file.h"
#include "probes/sqlite/real_path.h"
#include "probes/sqlite/sqlite_probe.h"
#include "probes/sqlite/upgrade_lock.h"

namespace schemalatch::sqlite {

namespace {

using model::Deadline;
using model::FailureKind;
using model::Look;
using model::printable;
using model::ProbeFailure;
using model::Said;

namespace fs = std::filesystem;

tl::unexpected<ProbeFailure> failure(FailureKind kind, std::string detail) {
    return tl::make_unexpected(ProbeFailure{kind, std::move(detail)});
}

bool has_content(const std::string& file) {
    std::error_code none;
    const auto size = fs::file_size(file, none);
    return !none && size > 0;
}

class SqliteUpgradeSession final : public model::UpgradeSession {
public:
    explicit SqliteUpgradeSession(UpgradeSettings settings) : settings_{std::move(settings)} {}

    Said<void> open(const Deadline& deadline) override;
    bool is_lost() const override { return !lock_ || lost_; }
    Said<bool> try_lock(const Deadline& deadline) override;
    std::string holder(const Deadline& deadline) override;
    Said<std::string> why_lock_is_void(const Deadline& deadline) override;
    std::string lock_remedy() const override;
    int lock_fd() const override { return lock_ ? lock_->fd() : -1; }
    Said<void> open_journal(const Deadline& deadline) override;
    Said<std::vector<model::Predecessor>> predecessors(const Deadline& deadline) override;
    Said<std::vector<model::Run>> newest_runs(const Deadline& deadline) override;
    Said<std::shared_ptr<const model::Parents>> lineage(const Deadline& deadline) override;
    Said<void> write_lineage(const model::Parents& parents, const Deadline& deadline) override;
    Said<void> begin(const model::NewRun& run, const Deadline& deadline) override;
    Said<void> beat(const std::string& id, const Deadline& deadline) override;
    Said<void> end(const std::string& id, const model::RunEnd& end, const Deadline& deadline) override;
    Look observe(const Deadline& deadline) override;
    Said<void> confirm_lock(const Deadline& deadline) override;
    Said<void> grant(const std::vector<std::string>& readers, const Deadline& deadline) override;
    bool has_listeners() const override { return false; }
    void announce(const Deadline&) override {}

private:
    Said<void> reopen_lock();
    bool is_interrupted() const;
    bool roll_back(const Deadline& deadline) const;
    Look nothing_yet() const;
    std::string table() const { return settings_.table.empty() ? settings_.tool->table : settings_.table; }

    UpgradeSettings settings_;
    fs::path file_;       // the real one
    fs::path lock_path_;  // beside it
    std::optional<LockFile> lock_;
    bool locked_ = false;
    bool lost_ = false;  // somebody removed or replaced the lock file
    std::optional<JournalFile> journal_;
    std::unique_ptr<model::Probe> probe_;
};

Said<void> SqliteUpgradeSession::open(const Deadline&) {
    if (lock_ && locked_) lock_->unlock();
    lock_.reset();
    journal_.reset();
    const auto real = real_path(settings_.file);
    if (!real) return failure(FailureKind::unreachable, real.error());
    file_ = *real;
    probe_ = make_sqlite_probe({.file = file_, .journal = false}, settings_.tool, settings_.table);
    lock_path_ = lock_path(file_, settings_.lock_name);
    return reopen_lock();
}

Said<void> SqliteUpgradeSession::reopen_lock() {
    locked_ = lost_ = false;
    auto opened = LockFile::open(lock_path_);
    if (!opened) return tl::make_unexpected(opened.error());
    lock_.emplace(std::move(*opened));
    return {};
}

// Whoever locked a file that has been removed keeps out only those who opened it before.
Said<bool> SqliteUpgradeSession::try_lock(const Deadline&) {
    if (!lock_) return failure(FailureKind::unreachable, "the lock file is not open");
    if (!lock_->is_in_place()) {
        if (auto opened = reopen_lock(); !opened) return tl::make_unexpected(opened.error());
    }
    auto taken = lock_->try_lock();
    if (!taken || !*taken) return taken;
    if (!lock_->is_in_place()) {
        lock_->unlock();
        return false;  // replaced in between; the next try opens what is there
    }
    locked_ = true;
    lock_->write_holder({std::to_string(getpid()), settings_.host, settings_.name});
    return true;
}

std::string SqliteUpgradeSession::holder(const Deadline&) {
    return model::phrase(holder_by(lock_ ? lock_->read_holder() : std::nullopt, lock_path_));
}

Said<std::string> SqliteUpgradeSession::why_lock_is_void(const Deadline&) {
    if (auto why = why_lock_is_elsewhere(file_); !why.empty()) return why;
    return why_lock_file_is_void(lock_path_);
}

std::string SqliteUpgradeSession::lock_remedy() const {
    return "mount its folder whole, from a file system of this machine";
}

Said<void> SqliteUpgradeSession::open_journal(const Deadline& deadline) {
    journal_.reset();
    if (!settings_.journal) return failure(FailureKind::unreadable, "journal is switched off");
    JournalFile journal{journal_beside(file_), settings_.lock_name, model::Target{settings_.tool->name(), "", table()}};
    auto created = journal.create(deadline);
    if (created) journal_.emplace(std::move(journal));
    return created;
}

tl::unexpected<ProbeFailure> no_journal() { return failure(FailureKind::unreadable, "there is no journal"); }

Said<std::vector<model::Predecessor>> SqliteUpgradeSession::predecessors(const Deadline& deadline) {
    if (!journal_) return no_journal();
    return journal_->unfinished(deadline);
}

Said<std::vector<model::Run>> SqliteUpgradeSession::newest_runs(const Deadline& deadline) {
    if (!journal_) return no_journal();
    return journal_->newest_runs(deadline);
}

Said<std::shared_ptr<const model::Parents>> SqliteUpgradeSession::lineage(const Deadline& deadline) {
    if (!journal_) return no_journal();
    return journal_->lineage(deadline);
}

Said<void> SqliteUpgradeSession::write_lineage(const model::Parents& parents, const Deadline& deadline) {
    if (parents.empty()) return {};
    if (!journal_) return no_journal();
    return journal_->write_lineage(parents, deadline);
}

Said<void> SqliteUpgradeSession::begin(const model::NewRun& run, const Deadline& deadline) {
    if (!journal_) return no_journal();
    return journal_->begin(run, deadline);
}

// The journal may live on when the lock does not.
Said<void> SqliteUpgradeSession::beat(const std::string& id, const Deadline& deadline) {
    if (auto ours = confirm_lock(deadline); !ours) return ours;
    if (!journal_) return no_journal();
    return journal_->beat(id, deadline);
}

Said<void> SqliteUpgradeSession::end(const std::string& id, const model::RunEnd& run_end, const Deadline& deadline) {
    if (!journal_) return no_journal();
    return journal_->end(id, run_end, deadline);
}

// A file that is not there yet has nothing in it, and a look that took too long can be taken again.
Look SqliteUpgradeSession::observe(const Deadline& deadline) {
    if (!probe_) return failure(FailureKind::unreachable, "the database was not opened");
    std::error_code error;
    if (!fs::exists(file_, error) && !error) return nothing_yet();
    auto seen = probe_->observe(deadline);
    if (!seen && seen.error().kind == FailureKind::unreadable && is_interrupted() && roll_back(deadline))
        seen = probe_->observe(deadline);
    if (!seen && seen.error().kind == FailureKind::unreachable) seen.error().kind = FailureKind::blocked;
    return seen;
}

Look SqliteUpgradeSession::nothing_yet() const {
    model::Observation seen;
    seen.table = table();
    seen.books = settings_.tool->books;
    seen.place = "database " + printable(file_.string()) + " (no such file yet)";
    return seen;
}

bool SqliteUpgradeSession::is_interrupted() const {
    return has_content(file_.string() + "-journal") || has_content(file_.string() + "-wal");
}

// A command that was killed in a transaction leaves a file that nobody can read before one who may write it has. Under
// the lock that is for us: SQLite itself sees whether the writer is gone.
bool SqliteUpgradeSession::roll_back(const Deadline& deadline) const {
    auto database = open_to_write(file_, Absent::is_an_error, deadline);
    if (!database) return false;
    return sqlite3_exec(database->get(), "SELECT 1 FROM sqlite_master", nullptr, nullptr, nullptr) == SQLITE_OK;
}

Said<void> SqliteUpgradeSession::confirm_lock(const Deadline&) {
    lost_ = !lock_ || !locked_ || !lock_->is_in_place();
    if (!lost_) return {};
    return failure(FailureKind::unreachable, "the lock file " + printable(lock_path_.string()) +
                                                 " was removed or replaced; leave it where it is");
}

Said<void> SqliteUpgradeSession::grant(const std::vector<std::string>& readers, const Deadline&) {
    if (readers.empty()) return {};
    return failure(FailureKind::denied,
                   "SQLite knows no roles, the rights of files decide; let the readers' users read " +
                       printable(file_.string()) + " and what stands beside it");
}

}  // namespace

std::unique_ptr<model::UpgradeSession> make_upgrade_session(UpgradeSettings settings) {
    return std::make_unique<SqliteUpgradeSession>(std::move(settings));
}

}  // namespace schemalatch::sqlite
