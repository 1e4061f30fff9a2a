#include "probes/sqlite/sqlite_probe.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <utility>

#include "probes/model/printable.h"
#include "probes/sqlite/journal_reader.h"
#include "probes/sqlite/question.h"

namespace schemalatch::sqlite {

namespace {

using model::FailureKind;
using model::Look;
using model::printable;
using model::ProbeFailure;

constexpr int kWalVersion = 2;  // bytes 18 and 19 of the file header: write and read version, 2 for WAL
constexpr std::streamoff kReadVersionOffset = 19;

tl::unexpected<ProbeFailure> failure(FailureKind kind, std::string detail) {
    return tl::make_unexpected(ProbeFailure{kind, std::move(detail)});
}

bool header_says_wal(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    in.seekg(kReadVersionOffset);
    return in.get() == kWalVersion;
}

// 0 where there is none. An empty -wal holds nothing that the file lacks.
std::uintmax_t wal_size(const std::filesystem::path& file) {
    std::error_code none;
    const auto size = std::filesystem::file_size(file.string() + "-wal", none);
    return none ? 0 : size;
}

// Changes with every write to the file, and with every file put in its place.
struct Fingerprint {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified = 0;  // nanoseconds
    std::int64_t changed = 0;   // nanoseconds

    static Fingerprint of(const std::filesystem::path& file) {
        constexpr std::int64_t kNanoseconds = 1'000'000'000;
        struct stat status {};
        if (stat(file.c_str(), &status) != 0) return {};
        return {status.st_dev, status.st_ino, status.st_size,
                status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec,
                status.st_ctim.tv_sec * kNanoseconds + status.st_ctim.tv_nsec};
    }
    bool operator==(const Fingerprint&) const = default;
};

class SqliteProbe final : public model::Probe {
public:
    SqliteProbe(std::filesystem::path file, std::unique_ptr<Question> question, std::optional<JournalReader> journal)
        : file_{std::move(file)},
          question_{std::move(question)},
          journal_{std::move(journal)},
          file_text_{printable(file_.string())} {}

    Look observe(const model::Deadline& deadline) override;
    void disconnect() override {}

private:
    Look look(const model::Deadline& deadline) const;
    std::optional<ProbeFailure> not_a_file() const;
    Answer read(Sharing sharing, const model::Deadline& deadline) const;
    Look look_immutable(const model::Deadline& deadline) const;
    Look translate(Answer answer) const;
    ProbeFailure describe(const SqliteError& error) const;

    std::filesystem::path file_;
    std::unique_ptr<Question> question_;
    std::optional<JournalReader> journal_;  // nullopt: none is read
    std::string file_text_;
};

// The look is over when the journal is read, and its answer stands.
Look SqliteProbe::observe(const model::Deadline& deadline) {
    auto seen = look(deadline);
    if (journal_) (seen ? seen->journal : seen.error().journal) = journal_->read(deadline);
    return seen;
}

Look SqliteProbe::look(const model::Deadline& deadline) const {
    if (auto refused = not_a_file()) return tl::make_unexpected(std::move(*refused));
    auto seen = read(Sharing::shared, deadline);
    const bool wal_files_missing = !seen && (seen.error().code & 0xFF) == SQLITE_CANTOPEN && header_says_wal(file_);
    return wal_files_missing ? look_immutable(deadline) : translate(std::move(seen));
}

std::optional<ProbeFailure> SqliteProbe::not_a_file() const {
    std::error_code error;
    const auto status = std::filesystem::status(file_, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        return ProbeFailure{FailureKind::unreachable, "no database file " + file_text_ +
                                                          "; create it with the first migration, or correct the URL"};
    }
    if (error == std::errc::permission_denied ||
        (status.type() == std::filesystem::file_type::regular && access(file_.c_str(), R_OK) != 0)) {
        return ProbeFailure{FailureKind::denied,
                            "no right to read " + file_text_ +
                                "; give it to the user that runs schemalatch, with the folders on the way"};
    }
    // Opening a pipe or a device could block for ever.
    if (status.type() != std::filesystem::file_type::regular) {
        return ProbeFailure{FailureKind::unreadable, file_text_ + " is not a regular file that can be reached" +
                                                         (error ? " (" + error.message() + ")" : "") +
                                                         "; correct the URL"};
    }
    return std::nullopt;
}

// The last writer of a WAL database took its -wal and -shm away when it closed. They could only be had by creating
// them; without them the file alone is the whole truth, for as long as no writer comes back.
Look SqliteProbe::look_immutable(const model::Deadline& deadline) const {
    if (wal_size(file_) > 0) {
        return failure(
            FailureKind::unreadable,
            file_text_ + " has a -wal file but no readable -shm file; open it once with a program that may write it");
    }
    const auto before = Fingerprint::of(file_);
    auto seen = read(Sharing::immutable, deadline);
    // A writer may have come, and may have gone again with its -wal: then what was read may be of two minds.
    if (wal_size(file_) > 0 || before != Fingerprint::of(file_)) {
        return failure(FailureKind::blocked, "a writer had " + file_text_ + " during the look; look again");
    }
    return translate(std::move(seen));
}

Answer SqliteProbe::read(Sharing sharing, const model::Deadline& deadline) const {
    auto database = open_existing(file_, sharing, deadline);
    if (!database) return tl::make_unexpected(database.error());
    return question_->ask(database->get());
}

Look SqliteProbe::translate(Answer answer) const {
    if (!answer) return tl::make_unexpected(describe(answer.error()));
    answer->place = "database " + file_text_;
    return std::move(*answer);
}

ProbeFailure SqliteProbe::describe(const SqliteError& error) const {
    const std::string text = file_text_ + ": " + printable(error.message);
    const std::string subject = question_->subject() + " in ";
    if (error.code == kNotTheTools) {
        return {FailureKind::unreadable, subject + file_text_ + " holds " + error.message + question_->remedy()};
    }
    switch (error.code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {FailureKind::blocked,
                    text + ": a migration, or another writer, holds the file; wait for it to finish"};
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return {FailureKind::denied, text + "; give the user that runs schemalatch read permission"};
        case SQLITE_NOTADB:
            return {FailureKind::unreadable, text + "; correct the URL"};
        case SQLITE_ERROR:
            return {FailureKind::unreadable, subject + text + question_->remedy()};
        case SQLITE_CANTOPEN:
            return {FailureKind::unreadable,
                    text + "; give the user that runs schemalatch the right to read the file and its folder"};
        case SQLITE_INTERRUPT:
            return {FailureKind::unreachable,
                    subject + file_text_ + " gave no answer in time; see whether it is a view, and what it does"};
        case SQLITE_NOMEM:
            return {FailureKind::unreadable,
                    subject + file_text_ + " holds more than a look can take" + question_->remedy()};
        case SQLITE_READONLY:
            return {
                FailureKind::unreadable,
                text +
                    ": an interrupted write must first be rolled back; open it once with a program that may write it"};
        default:
            break;
    }
    return {FailureKind::unreadable, text + "; see whether other programs can read it"};
}

}  // namespace

std::unique_ptr<model::Probe> make_sqlite_probe(SqliteSettings settings, tools::ToolPtr tool,
                                                const std::string& table) {
    std::optional<JournalReader> journal;
    if (settings.journal)
        journal.emplace(settings.file, model::Target{tool->name(), "", table.empty() ? tool->table : table},
                        tool->books.ordering == model::Ordering::graph);
    return std::make_unique<SqliteProbe>(std::move(settings.file), what_is_applied(std::move(tool), table),
                                         std::move(journal));
}

std::unique_ptr<model::Probe> make_sqlite_recogniser(std::filesystem::path file, tools::Suspects suspects) {
    return std::make_unique<SqliteProbe>(std::move(file), which_tools(std::move(suspects)), std::nullopt);
}

}  // namespace schemalatch::sqlite
