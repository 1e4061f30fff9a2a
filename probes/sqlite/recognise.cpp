#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "probes/sqlite/question.h"
#include "probes/tools/select.h"

namespace schemalatch::sqlite {

namespace {

// Names are the same here whatever the case of their letters.
std::string lower_case(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return name;
}

using Names = std::vector<std::string>;
using Spellings = std::multimap<std::string, std::string>;  // as we write it, by its small letters

Spellings spellings_of(const Names& names) {
    Spellings spellings;
    for (const auto& name : names) spellings.emplace(lower_case(name), name);
    return spellings;
}

Names columns_of(const tools::Suspects& suspects) {
    std::set<std::string> names;
    for (const auto& tool : suspects.tools) names.insert(tool->columns.begin(), tool->columns.end());
    return {names.begin(), names.end()};
}

// The first column of each row.
tl::expected<Names, SqliteError> texts(sqlite3* database, sqlite3_stmt* rows) {
    Names names;
    int step = sqlite3_step(rows);
    for (; step == SQLITE_ROW; step = sqlite3_step(rows)) names.push_back(column_text(rows, 0).value_or(""));
    if (step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    return names;
}

tl::expected<Names, SqliteError> tables_in(sqlite3* database) {
    const auto rows = prepare(database, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')");
    if (!rows) return tl::make_unexpected(rows.error());
    return texts(database, rows->get());
}

// Of one table only: those of a broken view, or of a table whose module we lack, are an error.
tl::expected<Names, SqliteError> columns_in(sqlite3* database, const std::string& table) {
    const auto rows = prepare(database, "SELECT name FROM pragma_table_info(?1)");
    if (!rows) return tl::make_unexpected(rows.error());
    sqlite3_bind_text(rows->get(), 1, table.c_str(), static_cast<int>(table.size()), SQLITE_STATIC);
    return texts(database, rows->get());
}

class WhichTools final : public Question {
public:
    explicit WhichTools(tools::Suspects suspects) : suspects_{std::move(suspects)} {}

    Answer ask(sqlite3* database) const override;
    std::string subject() const override { return "the catalogue"; }
    std::string remedy() const override { return "; see whether other programs can read the file"; }

private:
    tools::Suspects suspects_;
};

Answer WhichTools::ask(sqlite3* database) const {
    const auto known_tables = spellings_of(suspects_.tables());
    const auto known_columns = spellings_of(columns_of(suspects_));
    const auto tables = tables_in(database);
    if (!tables) return tl::make_unexpected(tables.error());
    std::vector<tools::Shape> shapes;
    for (const auto& table : *tables) {
        const auto [first, last] = known_tables.equal_range(lower_case(table));
        if (first == last) continue;
        const auto columns = columns_in(database, table);
        if (!columns) return tl::make_unexpected(columns.error());
        std::set<std::string> names;
        for (const auto& column : *columns) {
            const auto [from, to] = known_columns.equal_range(lower_case(column));
            for (auto name = from; name != to; ++name) names.insert(name->second);
        }
        for (auto name = first; name != last; ++name) shapes.push_back({"", name->second, names});
    }
    model::Observation seen;
    seen.table = suspects_.table;
    seen.traces = traces_in(shapes, suspects_);
    return seen;
}

}  // namespace

std::unique_ptr<Question> which_tools(tools::Suspects suspects) {
    return std::make_unique<WhichTools>(std::move(suspects));
}

}  // namespace schemalatch::sqlite
