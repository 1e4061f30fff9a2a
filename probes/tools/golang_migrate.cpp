// golang-migrate/migrate:database/postgres/postgres.go, database/sqlite3/sqlite3.go, database/util.go
#include <zlib.h>

#include "probes/tools/catalogue.h"

namespace schemalatch::tools {

namespace {

// The CRC-32 of schema, table and database, NUL between them, times a constant, modulo 2^32.
std::int64_t lock_key(const TableLocation& at, const std::string& database) {
    constexpr std::uint32_t kSalt = 1486364155;
    const std::string text = at.schema + '\0' + at.table + '\0' + database;
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
    const std::uint32_t key = static_cast<std::uint32_t>(sum) * kSalt;
    return key;
}

// Opened by a URL, as its command line is, the tool takes the URL's whole path for the database's name; opened by a
// program over a connection, the name alone.
std::vector<std::int64_t> advisory_locks(const TableLocation& at) {
    return {lock_key(at, "/" + at.database), lock_key(at, at.database)};
}

}  // namespace

const Tool kGolangMigrate{
    .books = {.tool = "golang-migrate",
              .ordering = model::Ordering::number,
              .repair = "repair the schema, run migrate force VERSION with the version that it is at then"},
    .summary = "one current number, marked dirty while a migration runs and after it failed",
    .table = "schema_migrations",
    .columns = {"version", "dirty"},
    .most_rows = 1,
    .dirty_means = "dirty = true: the migration to that version was begun and has not ended cleanly",
    .postgres =
        Dialect{
            .select = "SELECT version, CASE WHEN dirty THEN 'dirty' WHEN NOT dirty THEN 'clean' END, 0 FROM {table}",
            .advisory_locks = advisory_locks},
    // Its SQLite lock lives in its own process and can't be seen.
    .sqlite =
        Dialect{.select = "SELECT version, CASE dirty WHEN 1 THEN 'dirty' WHEN 0 THEN 'clean' END, 0 FROM {table}"},
};

}  // namespace schemalatch::tools
