#include "probes/sqlite/database.h"

#include <poll.h>

#include <chrono>

namespace schemalatch::sqlite {

namespace {

constexpr const char* kVfsName = "schemalatch-never-creates";

// A commit holds the file for milliseconds; a table rebuild longer, and that is what `blocked` is for.
constexpr int kBusyTimeoutMilliseconds = 250;
constexpr int kLongestValue = 1'000'000;            // bytes; a hostile value beyond it is an error and not our memory
constexpr sqlite3_int64 kMostMemory = 268'435'456;  // bytes, of all looks together: some times the largest honest table
constexpr int kStepsBetweenClockReads = 10'000;     // virtual machine steps: well under a millisecond

sqlite3_vfs* platform_vfs() {
    static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    return vfs;
}

// SQLite creates a missing -wal even for a read-only connection; owned by us, it would stop the application from
// writing.
int open_without_creating(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    return platform_vfs()->xOpen(platform_vfs(), name, file, flags & ~SQLITE_OPEN_CREATE, out_flags);
}

// The platform's own VFS with one method replaced. It looks nothing up through the pointer that it is called with, but
// its application data, which the copy shares.
bool register_vfs() {
    static sqlite3_vfs vfs = *platform_vfs();
    vfs.zName = kVfsName;
    vfs.pNext = nullptr;
    vfs.xOpen = open_without_creating;
    sqlite3_hard_heap_limit64(kMostMemory);
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}

// In a SQLite URI '?', '#' and '%' mean something; in a file name they do not.
std::string percent_encoded(const std::string& path) {
    std::string encoded;
    for (const char c : path) {
        if (c == '?') {
            encoded += "%3f";
        } else if (c == '#') {
            encoded += "%23";
        } else if (c == '%') {
            encoded += "%25";
        } else {
            encoded += c;
        }
    }
    return encoded;
}

// For SQLite's progress handler: anything but 0 interrupts.
int must_give_up(void* given) {
    const auto& deadline = *static_cast<const model::Deadline*>(given);
    pollfd stop{deadline.stop_fd, POLLIN, 0};
    return std::chrono::steady_clock::now() >= deadline.at || poll(&stop, 1, 0) > 0 ? 1 : 0;
}

// For SQLite's busy handler: 0 gives up.
int wait_a_moment(void* given, int) {
    constexpr int kMilliseconds = 5;
    if (must_give_up(given) != 0) return 0;
    pollfd stop{static_cast<const model::Deadline*>(given)->stop_fd, POLLIN, 0};
    poll(&stop, 1, kMilliseconds);
    return 1;
}

}  // namespace

Database::Database(sqlite3* handle, const model::Deadline& deadline)
    : deadline_{std::make_unique<model::Deadline>(deadline)}, handle_{handle} {
    if (handle == nullptr) return;
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, kBusyTimeoutMilliseconds);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestValue);
    // A column that is not there would otherwise be taken for a string of its name, which may be just what is required.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    // Rows that are sorted would otherwise go into a file, which we never create.
    sqlite3_exec(handle, "PRAGMA temp_store = MEMORY", nullptr, nullptr, nullptr);
    sqlite3_progress_handler(handle, kStepsBetweenClockReads, must_give_up, deadline_.get());
}

void Database::wait_for_others() { sqlite3_busy_handler(handle_.get(), wait_a_moment, deadline_.get()); }

void Database::wait_for_others(std::chrono::milliseconds longest) {
    sqlite3_busy_timeout(handle_.get(), static_cast<int>(longest.count()));
}

void Database::distrust() {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

tl::expected<Database, SqliteError> open_existing(const std::filesystem::path& file, Sharing sharing,
                                                  const model::Deadline& deadline) {
    static const bool registered = register_vfs();
    if (!registered) return tl::make_unexpected(SqliteError{SQLITE_ERROR, "SQLite refused our file layer"});
    // readonly_shm: a missing -shm is not created, an existing one is not written.
    const std::string uri = "file:" + percent_encoded(file.string()) + "?mode=ro&readonly_shm=1" +
                            (sharing == Sharing::immutable ? "&immutable=1" : "");
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(uri.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, kVfsName);
    Database database{handle, deadline};
    if (handle == nullptr) return tl::make_unexpected(SqliteError{code, sqlite3_errstr(code)});
    if (code != SQLITE_OK) return tl::make_unexpected(last_error(handle));
    return database;
}

tl::expected<Database, SqliteError> open_to_write(const std::filesystem::path& file, Absent absent,
                                                  const model::Deadline& deadline) {
    sqlite3* handle = nullptr;
    const int create = absent == Absent::is_created ? SQLITE_OPEN_CREATE : 0;
    const int code = sqlite3_open_v2(
        file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | create, nullptr);
    Database database{handle, deadline};
    if (handle == nullptr) return tl::make_unexpected(SqliteError{code, sqlite3_errstr(code)});
    if (code != SQLITE_OK) return tl::make_unexpected(last_error(handle));
    database.wait_for_others();
    database.distrust();
    return database;
}

tl::expected<Statement, SqliteError> prepare(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
    if (code != SQLITE_OK) return tl::make_unexpected(last_error(database));
    return Statement{statement};
}

std::optional<std::string> column_text(sqlite3_stmt* row, int column) {
    if (sqlite3_column_type(row, column) == SQLITE_NULL) return std::nullopt;
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
    if (text == nullptr) return "";
    return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

SqliteError last_error(sqlite3* database) { return {sqlite3_extended_errcode(database), sqlite3_errmsg(database)}; }

}  // namespace schemalatch::sqlite
