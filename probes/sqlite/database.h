// One SQLite database: opened for reading, on the promise that no file comes into being by it, or for writing.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"

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
    Database(sqlite3* handle, const model::Deadline& deadline);
    sqlite3* get() const { return handle_.get(); }

    // In place of a moment, wait for what others hold until the deadline.
    void wait_for_others();

    // In place of a moment, wait at most so long.
    void wait_for_others(std::chrono::milliseconds longest);

    // Views and triggers of whoever wrote the file do nothing, and functions in it nothing harmful.
    void distrust();

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close(handle); }
    };
    std::unique_ptr<model::Deadline> deadline_;  // SQLite holds its address
    std::unique_ptr<sqlite3, Close> handle_;
};

enum class Sharing {
    shared,     // Takes part in the file's locking; needs the -wal and -shm of a WAL database to be there already.
    immutable,  // Reads the bare file as if nobody could change it. Right only while no -wal is there.
};

// What is run on it is interrupted (SQLITE_INTERRUPT) at the deadline, or when the process is told to stop.
tl::expected<Database, SqliteError> open_existing(const std::filesystem::path& file, Sharing sharing,
                                                  const model::Deadline& deadline);

enum class Absent { is_created, is_an_error };

// For writing, which waits for other writers until the deadline; distrusts the file. What a writer that was killed left
// behind is rolled back by the first statement.
tl::expected<Database, SqliteError> open_to_write(const std::filesystem::path& file, Absent absent,
                                                  const model::Deadline& deadline);

tl::expected<Statement, SqliteError> prepare(sqlite3* database, const std::string& sql);

// nullopt: NULL.
std::optional<std::string> column_text(sqlite3_stmt* row, int column);

// Of the newest call on this database.
SqliteError last_error(sqlite3* database);

}  // namespace schemalatch::sqlite
