#include <algorithm>
#include <map>
#include <set>

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
    std::map<std::string, std::string> wanted;  // as we call them, by their name in small letters
    for (auto& name : suspects_.tables()) wanted.emplace(lower_case(name), name);
    auto columns = prepare(database,
                           "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c "
                           "WHERE m.type IN ('table', 'view')");
    if (!columns) return tl::make_unexpected(columns.error());
    std::map<std::string, std::set<std::string>> found;
    int step = sqlite3_step(columns->get());
    for (; step == SQLITE_ROW; step = sqlite3_step(columns->get())) {
        const auto table = wanted.find(lower_case(column_text(columns->get(), 0).value_or("")));
        if (table != wanted.end()) found[table->second].insert(column_text(columns->get(), 1).value_or(""));
    }
    if (step != SQLITE_DONE) return tl::make_unexpected(last_error(database));
    std::vector<tools::Shape> shapes;
    shapes.reserve(found.size());
    for (auto& [table, names] : found) shapes.push_back({"", table, std::move(names)});
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
