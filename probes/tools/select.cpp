#include "probes/tools/select.h"

#include <algorithm>

namespace schemalatch::tools {

std::string why_no_id(std::string_view text) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (text.empty()) return "an empty version";
    if (text.size() > kLongestId) return "a version of more than " + std::to_string(kLongestId) + " bytes";
    if (std::any_of(text.begin(), text.end(), is_control)) return "a version with control characters";
    return "";
}

tl::expected<model::Row, std::string> read_row(const std::optional<std::string>& id,
                                               const std::optional<std::string>& mark) {
    if (!id) return tl::make_unexpected(std::string{"a row without a version"});
    if (auto why = why_no_id(*id); !why.empty()) return tl::make_unexpected(std::move(why));
    if (const auto known = mark ? model::parse_mark(*mark) : std::nullopt) return model::Row{*id, *known};
    return tl::make_unexpected(std::string{"a row that says neither that it is clean nor that it is dirty"});
}

std::string too_many_bytes() {
    constexpr std::size_t kMebibyte = 1U << 20;
    return "more than " + std::to_string(kMostBytes / kMebibyte) + " MiB of versions, which is more than a look takes";
}

std::string quote_identifier(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
    return quoted + "\"";
}

std::string select_from(const Dialect& dialect, std::string_view quoted_table) {
    constexpr std::string_view kPlace = "{table}";
    std::string sql = dialect.select;
    for (auto at = sql.find(kPlace); at != std::string::npos; at = sql.find(kPlace, at + quoted_table.size()))
        sql.replace(at, kPlace.size(), quoted_table);
    return sql;
}

}  // namespace schemalatch::tools
