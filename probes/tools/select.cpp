#include "probes/tools/select.h"

namespace schemalatch::tools {

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
    return quoted + "\"";
}

std::string select_from(const Dialect& dialect, std::string_view quoted_table) {
    constexpr std::string_view kPlace = "{table}";
    std::string sql{dialect.select};
    const auto at = sql.find(kPlace);
    return sql.replace(at, kPlace.size(), quoted_table);
}

}  // namespace schemalatch::tools
