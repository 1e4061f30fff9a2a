#include "probes/sqlite/sqlite_probe.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>

#include "probes/model/printable.h"
#include "probes/sqlite/database.h"
#include "probes/tools/select.h"

namespace schemalatch::sqlite {

namespace {

using model::FailureKind;
using model::Look;
using model::Mark;
using model::Observation;
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

std::string column_text(sqlite3_stmt* row, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    return text == nullptr ? "" : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

// A code of our own beside SQLite's: the rows were read, and are not what the tool writes.
constexpr int kNotTheTools = -1;

using Read = tl::expected<Observation, SqliteError>;

class SqliteProbe final : public model::Probe {
public:
    explicit SqliteProbe(SqliteSettings settings)
        : settings_{std::move(settings)},
          table_{settings_.table.empty() ? std::string{settings_.tool->table} : settings_.table},
          file_text_{printable(settings_.file.string())} {}

    Look observe(const model::Deadline& deadline) override;
    void disconnect() override {}

private:
    std::optional<ProbeFailure> not_a_file() const;
    Read read(Sharing sharing, const model::Deadline& deadline) const;
    Look look_immutable(const model::Deadline& deadline) const;
    Read read_table(sqlite3* database) const;
    Read read_rows(sqlite3* database, Observation seen) const;
    tl::expected<model::Row, SqliteError> read_row(sqlite3_stmt* row) const;
    Look translate(Read read) const;
    ProbeFailure describe(const SqliteError& error) const;
    std::string select() const;

    SqliteSettings settings_;
    std::string table_;
    std::string file_text_;
};

Look SqliteProbe::observe(const model::Deadline& deadline) {
    if (auto refused = not_a_file()) return tl::make_unexpected(std::move(*refused));
    auto seen = read(Sharing::shared, deadline);
    const bool wal_files_missing =
        !seen && (seen.error().code & 0xFF) == SQLITE_CANTOPEN && header_says_wal(settings_.file);
    return wal_files_missing ? look_immutable(deadline) : translate(std::move(seen));
}

std::optional<ProbeFailure> SqliteProbe::not_a_file() const {
    std::error_code error;
    const auto status = std::filesystem::status(settings_.file, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        return ProbeFailure{FailureKind::unreachable, "no database file " + file_text_ +
                                                          "; create it with the first migration, or correct the URL"};
    }
    if (error == std::errc::permission_denied ||
        (status.type() == std::filesystem::file_type::regular && access(settings_.file.c_str(), R_OK) != 0)) {
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
    if (wal_size(settings_.file) > 0) {
        return failure(
            FailureKind::unreadable,
            file_text_ + " has a -wal file but no readable -shm file; open it once with a program that may write it");
    }
    const auto before = Fingerprint::of(settings_.file);
    auto seen = read(Sharing::immutable, deadline);
    // A writer may have come, and may have gone again with its -wal: then what was read may be of two minds.
    if (wal_size(settings_.file) > 0 || before != Fingerprint::of(settings_.file)) {
        return failure(FailureKind::blocked, "a writer had " + file_text_ + " during the look; look again");
    }
    return translate(std::move(seen));
}

Read SqliteProbe::read(Sharing sharing, const model::Deadline& deadline) const {
    auto database = open_existing(settings_.file, sharing, deadline);
    if (!database) return tl::make_unexpected(database.error());
    return read_table(database->get());
}

Read SqliteProbe::read_table(sqlite3* database) const {
    auto find =
        prepare(database, "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE");
    if (!find) return tl::make_unexpected(find.error());
    sqlite3_bind_text(find->get(), 1, table_.c_str(), -1, SQLITE_STATIC);
    const int step = sqlite3_step(find->get());
    if (step != SQLITE_ROW && step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    Observation seen;
    seen.has_table = step == SQLITE_ROW;
    seen.table = table_;
    seen.place = "database " + file_text_;
    return seen.has_table ? read_rows(database, std::move(seen)) : Read{std::move(seen)};
}

Read SqliteProbe::read_rows(sqlite3* database, Observation seen) const {
    auto rows = prepare(database, select());
    if (!rows) return tl::make_unexpected(rows.error());
    int step = sqlite3_step(rows->get());
    for (; step == SQLITE_ROW; step = sqlite3_step(rows->get())) {
        auto row = read_row(rows->get());
        if (!row) return tl::make_unexpected(row.error());
        seen.rows.push_back(std::move(*row));
    }
    if (step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    if (seen.rows.size() > settings_.tool->most_rows) {
        return tl::make_unexpected(
            SqliteError{kNotTheTools, "more than " + std::to_string(settings_.tool->most_rows) + " row(s)"});
    }
    return seen;
}

Look SqliteProbe::translate(Read read) const {
    if (!read) return tl::make_unexpected(describe(read.error()));
    return std::move(*read);
}

std::string SqliteProbe::select() const {
    const std::string limit = std::to_string(settings_.tool->most_rows + 1);
    const std::string length = std::to_string(tools::kLongestId + 1);
    return "SELECT CASE WHEN id IS NULL THEN NULL ELSE substr(CAST(id AS TEXT), 1, " + length +
           ") END, dirty FROM (SELECT NULL AS id, NULL AS dirty WHERE 0 UNION ALL " +
           tools::select_from(*settings_.tool->sqlite, tools::quote_identifier(table_)) + ") LIMIT " + limit;
}

tl::expected<model::Row, SqliteError> SqliteProbe::read_row(sqlite3_stmt* row) const {
    const auto refuse = [](std::string what) {
        return tl::make_unexpected(SqliteError{kNotTheTools, std::move(what)});
    };
    if (sqlite3_column_type(row, 0) == SQLITE_NULL) return refuse("a row without a version");
    std::string id = column_text(row, 0);
    if (auto why = tools::why_no_id(id); !why.empty()) return refuse(std::move(why));
    const auto dirty = sqlite3_column_int64(row, 1);
    if (sqlite3_column_type(row, 1) != SQLITE_INTEGER || (dirty != 0 && dirty != 1)) {
        return refuse("a dirty mark that is neither 0 nor 1");
    }
    return model::Row{std::move(id), dirty == 1 ? Mark::dirty : Mark::clean};
}

ProbeFailure SqliteProbe::describe(const SqliteError& error) const {
    const std::string text = file_text_ + ": " + printable(error.message);
    const std::string table = "table \"" + printable(table_) + "\" in ";
    const std::string not_the_tools =
        ": not what " + std::string{settings_.tool->name} + " writes; check table and tool";
    if (error.code == kNotTheTools) {
        return {FailureKind::unreadable, table + file_text_ + " holds " + error.message + not_the_tools};
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
            return {FailureKind::unreadable, table + text + not_the_tools};
        case SQLITE_CANTOPEN:
            return {FailureKind::unreadable,
                    text + "; give the user that runs schemalatch the right to read the file and its folder"};
        case SQLITE_INTERRUPT:
            return {FailureKind::unreachable,
                    table + file_text_ + " gave no answer in time; see whether it is a view, and what it does"};
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

std::unique_ptr<model::Probe> make_sqlite_probe(SqliteSettings settings) {
    return std::make_unique<SqliteProbe>(std::move(settings));
}

}  // namespace schemalatch::sqlite
