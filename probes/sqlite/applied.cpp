#include "probes/model/printable.h"
#include "probes/sqlite/question.h"
#include "probes/tools/select.h"

namespace schemalatch::sqlite {

namespace {

using model::Observation;

class WhatIsApplied final : public Question {
public:
    WhatIsApplied(tools::ToolPtr tool, std::string table) : tool_{std::move(tool)}, table_{std::move(table)} {}

    Answer ask(sqlite3* database) const override;
    std::string subject() const override;
    std::string remedy() const override;

private:
    bool reads_a_query() const { return table_.empty(); }
    tl::expected<bool, SqliteError> has_table(sqlite3* database) const;
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
    return *there ? read_rows(database, std::move(seen)) : Answer{std::move(seen)};
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

// The first migration may be the one that creates it.
Answer WhatIsApplied::without_what_is_queried(Observation seen, const SqliteError& error) const {
    if (!reads_a_query() || !error.message.starts_with("no such table")) return tl::make_unexpected(error);
    seen.note = "correct the query of " + tool_->name() + ": " + model::printable(error.message);
    return seen;
}

Answer WhatIsApplied::read_rows(sqlite3* database, Observation seen) const {
    auto rows = prepare(database, select());
    if (!rows) return without_what_is_queried(std::move(seen), rows.error());
    seen.has_table = true;
    int step = sqlite3_step(rows->get());
    for (; step == SQLITE_ROW; step = sqlite3_step(rows->get())) {
        auto row = tools::read_row(column_text(rows->get(), 0), column_text(rows->get(), 1));
        if (!row) return tl::make_unexpected(SqliteError{kNotTheTools, std::move(row.error())});
        seen.rows.push_back(std::move(*row));
    }
    if (step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    if (seen.rows.size() > tool_->most_rows) {
        return tl::make_unexpected(
            SqliteError{kNotTheTools, "more than " + std::to_string(tool_->most_rows) + " row(s)"});
    }
    return seen;
}

std::string WhatIsApplied::select() const {
    const std::string limit = std::to_string(tool_->most_rows + 1);
    const std::string length = std::to_string(tools::kLongestId + 1);
    return "SELECT CASE WHEN id IS NULL THEN NULL ELSE substr(CAST(id AS TEXT), 1, " + length +
           ") END, mark FROM (SELECT * FROM (SELECT NULL AS id, NULL AS mark, NULL AS place WHERE 0 UNION ALL " +
           tools::select_from(*tool_->sqlite, tools::quote_identifier(table_)) + ") LIMIT " + limit +
           ") ORDER BY place";
}

}  // namespace

std::unique_ptr<Question> what_is_applied(tools::ToolPtr tool, const std::string& table) {
    std::string name = table.empty() ? tool->table : table;
    return std::make_unique<WhatIsApplied>(std::move(tool), std::move(name));
}

}  // namespace schemalatch::sqlite
