// One SQLite database opened for reading, on the promise that no file comes into being by it.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace schemalatch::sqlite {

struct SqliteError {
    int code;  // extended result code
    std::string message;
};

struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class Database {
public:
    Database(sqlite3* handle, std::chrono::steady_clock::time_point until);
    sqlite3* get() const { return handle_.get(); }

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close(handle); }
    };
    std::unique_ptr<std::chrono::steady_clock::time_point> until_;  // SQLite holds its address
    std::unique_ptr<sqlite3, Close> handle_;
};

enum class Sharing {
    shared,     // Takes part in the file's locking; needs the -wal and -shm of a WAL database to be there already.
    immutable,  // Reads the bare file as if nobody could change it. Right only while no -wal is there.
};

// What is run on it is interrupted (SQLITE_INTERRUPT) at `until`.
tl::expected<Database, SqliteError> open_existing(const std::filesystem::path& file, Sharing sharing,
                                                  std::chrono::steady_clock::time_point until);

tl::expected<Statement, SqliteError> prepare(sqlite3* database, const std::string& sql);

// Of the newest call on this database.
SqliteError last_error(sqlite3* database);

}  // namespace schemalatch::sqlite
