#include "sidecar/own_tools.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "probes/model/printable.h"
#include "probes/tools/select.h"
#include "sidecar/dependency_name.h"

namespace schemalatch {

namespace {

using config::Problems;
using config::ToolSettings;
using tools::Dialect;
using tools::Tool;

constexpr std::array<std::pair<std::string_view, model::Ordering>, 2> kOrders{
    {{"set", model::Ordering::set}, {"number", model::Ordering::number}}};
constexpr std::array<std::pair<std::string_view, model::IdOrder>, 4> kIdOrders{{{"none", model::IdOrder::none},
                                                                                {"text", model::IdOrder::text},
                                                                                {"number", model::IdOrder::number},
                                                                                {"dotted", model::IdOrder::dotted}}};

template <typename Table>
auto value_of(const Table& table, const std::string& word) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == word; });
    return found == table.end() ? std::nullopt : std::optional{found->second};
}

// The problems of one [[tool]], told as it is read.
class Reader {
public:
    Reader(const ToolSettings& settings, Problems& problems) : settings_{settings}, problems_{problems} {}

    void check_name(std::set<std::string>& known);
    void check_source();
    void check_order();

private:
    void refuse(const std::string& problem) {
        problems_.push_back(settings_.origin + ": tool " + model::quoted(settings_.name) + ": " + problem);
    }

    const ToolSettings& settings_;
    Problems& problems_;
};

void Reader::check_name(std::set<std::string>& known) {
    if (!is_dependency_name(settings_.name) || settings_.name == "auto") {
        refuse("name: is none for a tool; use 1 to 63 letters, digits, '-', '_' and '.', and not \"auto\"");
    } else if (!known.insert(settings_.name).second) {
        refuse("name: is taken, by the catalogue or by another [[tool]]; choose another");
    }
}

void Reader::check_source() {
    const auto& query = settings_.query;
    if (query.empty() && (settings_.table.empty() || settings_.id.empty()))
        refuse("says not what to read; give table and id, the column of the version, or a query");
    if (!query.empty() && !(settings_.id.empty() && settings_.dirty.empty()))
        refuse("query: stands beside id or dirty; leave those out, the query gives id and mark");
    if (query.find(';') != std::string::npos) refuse("query: holds a \";\"; give one SELECT, without it");
    if (query.find("{table}") != std::string::npos && settings_.table.empty())
        refuse("query: names {table}, and table is not set; set it, or write the name");
}

void Reader::check_order() {
    const auto ordering = value_of(kOrders, settings_.order);
    if (!ordering) refuse("order: " + model::quoted(settings_.order) + " is not \"set\" or \"number\"");
    if (!value_of(kIdOrders, settings_.ids))
        refuse("ids: " + model::quoted(settings_.ids) + " is not \"none\", \"text\", \"number\" or \"dotted\"");
    if (ordering == model::Ordering::number && settings_.ids != "none")
        refuse("ids: says how the ids of a set compare, and order is \"number\"; leave it out");
}

// The order in which a query gives its rows is the order in which they were written.
//
// PostgreSQL would let a third column pass. The sum of two and the query's columns is looked through, and never run.
Dialect postgres_dialect(const ToolSettings& settings) {
    if (!settings.query.empty()) {
        return {.select = "SELECT id, mark, pg_catalog.row_number() OVER () FROM (\n" + settings.query +
                          "\n) AS asked (id, mark) WHERE true OR EXISTS (SELECT NULL, NULL UNION ALL (\n" +
                          settings.query + "\n))"};
    }
    const std::string dirty = tools::quote_identifier(settings.dirty);
    const std::string mark = settings.dirty.empty()
                                 ? "'clean'"
                                 : "CASE WHEN " + dirty + " THEN 'dirty' WHEN NOT " + dirty + " THEN 'clean' END";
    return {.select = "SELECT " + tools::quote_identifier(settings.id) + ", " + mark + ", 0 FROM {table}"};
}

Dialect sqlite_dialect(const ToolSettings& settings) {
    if (!settings.query.empty()) {
        return {.select = "SELECT * FROM (WITH asked (id, mark) AS (\n" + settings.query +
                          "\n) SELECT id, mark, row_number() OVER () FROM asked)"};
    }
    const std::string mark = settings.dirty.empty() ? "'clean'"
                                                    : "CASE " + tools::quote_identifier(settings.dirty) +
                                                          " WHEN 1 THEN 'dirty' WHEN 0 THEN 'clean' END";
    return {.select = "SELECT " + tools::quote_identifier(settings.id) + ", " + mark + ", 0 FROM {table}"};
}

Tool tool_of(const ToolSettings& settings) {
    const auto ordering = *value_of(kOrders, settings.order);
    Tool tool;
    tool.books = {.tool = settings.name, .ordering = ordering, .ids = *value_of(kIdOrders, settings.ids)};
    tool.summary = "described in " + settings.origin;
    tool.table = settings.table;
    if (!settings.id.empty()) tool.columns.push_back(settings.id);
    if (!settings.dirty.empty()) tool.columns.push_back(settings.dirty);
    tool.most_rows = ordering == model::Ordering::number ? 1 : tools::kMostMigrations;
    if (!settings.dirty.empty()) tool.dirty_means = settings.dirty + " is true";
    if (!settings.query.empty()) tool.dirty_means = "what the query marks as dirty";
    tool.postgres = postgres_dialect(settings);
    tool.sqlite = sqlite_dialect(settings);
    return tool;
}

}  // namespace

tl::expected<tools::Catalogue, Problems> catalogue_of(const std::vector<ToolSettings>& own) {
    std::set<std::string> known;
    for (const auto& tool : tools::Catalogue{}.all()) known.insert(tool->name());
    Problems problems;
    for (const auto& settings : own) {
        Reader reader{settings, problems};
        reader.check_name(known);
        reader.check_source();
        reader.check_order();
    }
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    std::vector<Tool> tools;
    tools.reserve(own.size());
    for (const auto& settings : own) tools.push_back(tool_of(settings));
    return tools::Catalogue{std::move(tools)};
}

}  // namespace schemalatch
