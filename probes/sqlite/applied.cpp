#include <sqlite3.h>

#include <algorithm>

#include "probes/model/printable.h"
#include "probes/sqlite/question.h"
#include "probes/tools/select.h"

namespace schemalatch::sqlite {

namespace {

using model::Observation;

// Counts the bytes of what a look takes in, before SQLite sorts it, and cuts each text off one byte behind the longest
// that is any. A function of our own, since SQLite's substr() ends at a NUL byte, and a version must not.
class Intake {
public:
    static constexpr const char* kName = "schemalatch_taken";

    static int install(sqlite3* database) {
        return sqlite3_create_function_v2(
            database, kName, 1, SQLITE_UTF8, new Intake,
            [](auto* context, int, auto** values) { take(context, *values); }, nullptr, nullptr,
            [](void* intake) { delete static_cast<Intake*>(intake); });
    }

private:
    static void take(sqlite3_context* context, sqlite3_value* value) {
        const int type = sqlite3_value_type(value);
        if (type != SQLITE_TEXT && type != SQLITE_BLOB) return sqlite3_result_value(context, value);
        const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
        if (text == nullptr) return sqlite3_result_error_nomem(context);
        const auto size = std::min(static_cast<std::size_t>(sqlite3_value_bytes(value)), tools::kLongestId + 1);
        auto& taken = static_cast<Intake*>(sqlite3_user_data(context))->bytes_;
        taken += size;
        if (taken > tools::kMostBytes) return sqlite3_result_error(context, tools::too_many_bytes().c_str(), -1);
        sqlite3_result_text(context, text, static_cast<int>(size), SQLITE_TRANSIENT);
    }

    std::size_t bytes_ = 0;
};

class WhatIsApplied final : public Question {
public:
    WhatIsApplied(tools::ToolPtr tool, std::string table) : tool_{std::move(tool)}, table_{std::move(table)} {}

    Answer ask(sqlite3* database) const override;
    std::string subject() const override;
    std::string remedy() const override;

private:
    bool reads_a_query() const { return table_.empty(); }
    tl::expected<bool, SqliteError> has_table(sqlite3* database) const;
    std::optional<SqliteError> lacks_a_column(sqlite3* database) const;
    Answer read_rows(sqlite3* database, Observation seen) const;
    Answer without_what_is_queried(Observation seen, const SqliteError& error) const;
    std::string select() const;

    tools::ToolPtr tool_;
    std::string table_;  // empty: the tool's query names what it reads
};

std::string WhatIsApplied::subject() const {
    return reads_a_query() ? "the query of " + tool_->name() : "table \"" + model::printable(table_) + "\"";
}

std::string WhatIsApplied::remedy() const {
    if (reads_a_query()) return ": not what a look can read; correct the query";
    return ": not what " + tool_->name() + " writes; check table and tool";
}

Answer WhatIsApplied::ask(sqlite3* database) const {
    Observation seen;
    seen.table = table_;
    seen.books = tool_->books;
    if (reads_a_query()) return read_rows(database, std::move(seen));
    const auto there = has_table(database);
    if (!there) return tl::make_unexpected(there.error());
    if (!*there) return seen;
    if (auto lack = lacks_a_column(database)) return tl::make_unexpected(std::move(*lack));
    return read_rows(database, std::move(seen));
}

tl::expected<bool, SqliteError> WhatIsApplied::has_table(sqlite3* database) const {
    auto find =
        prepare(database, "SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE");
    if (!find) return tl::make_unexpected(find.error());
    sqlite3_bind_text(find->get(), 1, table_.c_str(), -1, SQLITE_STATIC);
    const int step = sqlite3_step(find->get());
    if (step != SQLITE_ROW && step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    return step == SQLITE_ROW;
}

// Not all columns of the tool are read. And of one that is missing SQLite takes the quoted name for a text, unless the
// table's name stands before it.
std::optional<SqliteError> WhatIsApplied::lacks_a_column(sqlite3* database) const {
    std::string columns;
    for (const auto& name : tool_->columns)
        columns += (columns.empty() ? "" : ", ") + ("looked." + tools::quote_identifier(name));
    if (columns.empty()) return std::nullopt;
    const auto all = prepare(database, "SELECT " + columns + " FROM " + tools::quote_identifier(table_) + " AS looked");
    return all ? std::nullopt : std::optional{all.error()};
}

// The first migration may be the one that creates it.
Answer WhatIsApplied::without_what_is_queried(Observation seen, const SqliteError& error) const {
    if (!reads_a_query() || !error.message.starts_with("no such table")) return tl::make_unexpected(error);
    seen.note = "correct the query of " + tool_->name() + ": " + model::printable(error.message);
    return seen;
}

Answer WhatIsApplied::read_rows(sqlite3* database, Observation seen) const {
    if (Intake::install(database) != SQLITE_OK) return tl::make_unexpected(last_error(database));
    auto rows = prepare(database, select());
    if (!rows) return without_what_is_queried(std::move(seen), rows.error());
    seen.has_table = true;
    int step = sqlite3_step(rows->get());
    for (; step == SQLITE_ROW; step = sqlite3_step(rows->get())) {
        auto row = tools::read_row(column_text(rows->get(), 0), column_text(rows->get(), 1));
        if (!row) return tl::make_unexpected(SqliteError{kNotTheTools, std::move(row.error())});
        seen.rows.push_back(std::move(*row));
    }
    if (step != SQLITE_DONE) {
        auto error = last_error(database);
        if (error.message == tools::too_many_bytes()) error.code = kNotTheTools;
        return tl::make_unexpected(std::move(error));
    }
    if (seen.rows.size() > tool_->most_rows) {
        return tl::make_unexpected(
            SqliteError{kNotTheTools, "more than " + std::to_string(tool_->most_rows) + " row(s)"});
    }
    return seen;
}

std::string WhatIsApplied::select() const {
    const std::string limit = std::to_string(tool_->most_rows + 1);
    const std::string taken = Intake::kName;
    return "SELECT id, mark FROM (SELECT " + taken + "(id) AS id, " + taken + "(mark) AS mark, " + taken +
           "(place) AS place FROM (SELECT NULL AS id, NULL AS mark, NULL AS place WHERE 0 UNION ALL " +
           tools::select_from(*tool_->sqlite, tools::quote_identifier(table_)) + ") LIMIT " + limit +
           ") ORDER BY place";
}

}  // namespace

std::unique_ptr<Question> what_is_applied(tools::ToolPtr tool, const std::string& table) {
    std::string name = table.empty() ? tool->table : table;
    return std::make_unique<WhatIsApplied>(std::move(tool), std::move(name));
}

}  // namespace schemalatch::sqlite
