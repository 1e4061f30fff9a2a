#include "probes/sqlite/statement.h"

#include "probes/tools/select.h"

namespace schemalatch::sqlite {

namespace {

void bind(sqlite3_stmt* statement, int place, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        sqlite3_bind_int64(statement, place, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        sqlite3_bind_text(statement, place, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
    }
}

Row row_of(sqlite3_stmt* statement) {
    Row row;
    const int columns = sqlite3_column_count(statement);
    for (int at = 0; at < columns; ++at) row.push_back(column_text(statement, at));
    return row;
}

std::size_t bytes_of(const Row& row) {
    std::size_t bytes = 0;
    for (const auto& field : row) bytes += field ? field->size() : 0;
    return bytes;
}

}  // namespace

Tried<Rows> run(sqlite3* database, const std::string& sql, const std::vector<Value>& values) {
    const auto statement = prepare(database, sql);
    if (!statement) return tl::make_unexpected(statement.error());
    for (std::size_t at = 0; at < values.size(); ++at) bind(statement->get(), static_cast<int>(at) + 1, values[at]);
    Rows rows;
    std::size_t bytes = 0;
    int step = sqlite3_step(statement->get());
    for (; step == SQLITE_ROW; step = sqlite3_step(statement->get())) {
        bytes += bytes_of(rows.emplace_back(row_of(statement->get())));
        if (bytes > tools::kMostBytes) return tl::make_unexpected(SqliteError{SQLITE_TOOBIG, tools::too_many_bytes()});
    }
    if (step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    return rows;
}

Tried<void> execute(sqlite3* database, const std::string& sql) {
    if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return tl::make_unexpected(last_error(database));
}

}  // namespace schemalatch::sqlite
