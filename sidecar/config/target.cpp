#include "sidecar/config/target.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "probes/model/printable.h"
#include "probes/postgres/conninfo.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/postgres/url.h"
#include "probes/sqlite/url.h"

namespace schemalatch::config {

namespace {

constexpr std::string_view kForms = "give postgresql://user@host/database or sqlite:////path/to/file";
constexpr std::string_view kJdbc = "jdbc:";

// Before "://", if that can be a scheme; else empty. What is not a scheme may be a piece of a password:
// "user:pass://word@host".
std::string scheme_of(const std::string& url) {
    const auto end = url.find("://");
    if (end == std::string::npos) return "";
    const std::string scheme = url.substr(0, end);
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.' || c == '_';
    };
    const auto name = std::string_view{scheme}.substr(scheme.starts_with(kJdbc) ? kJdbc.size() : 0);
    return std::all_of(name.begin(), name.end(), allowed) ? scheme : "";
}

// libpq's other form: "host=db dbname=orders". What stands in front of the first "=" is a name then.
bool is_key_value(std::string_view text) {
    const auto name = text.substr(0, text.find('='));
    const auto in_name = [](unsigned char c) {
        return std::isalnum(c) != 0 || std::isspace(c) != 0 || c == '_' || c == '-';
    };
    return name.size() < text.size() && std::all_of(name.begin(), name.end(), in_name);
}

tl::expected<Target, std::string> parse_postgres(const std::string& url) {
    auto translated = postgres::translate_url(url);
    if (!translated) return tl::make_unexpected(translated.error());
    if (auto checked = postgres::check_url(translated->conninfo); !checked) return tl::make_unexpected(checked.error());
    return PostgresTarget{std::move(translated->conninfo), std::move(translated->schema),
                          std::move(translated->dropped)};
}

tl::expected<Target, std::string> parse_sqlite(const std::string& url) {
    auto translated = sqlite::translate_url(url);
    if (!translated) return tl::make_unexpected(translated.error());
    return SqliteTarget{std::move(translated->file), std::move(translated->dropped)};
}

struct Text {
    std::string operator()(const PostgresTarget& target) const {
        const auto info = postgres::parse_conninfo(target.url);
        if (!info) return "a URL that " + info.error();
        std::string servers;
        for (const auto& server : info->servers) servers += (servers.empty() ? "" : ", ") + server.text();
        return servers;
    }
    std::string operator()(const SqliteTarget& target) const {
        std::error_code no_working_directory;
        const auto file = std::filesystem::absolute(target.file, no_working_directory);
        return model::one_line((no_working_directory ? target.file : file).string());
    }
};

std::string without_line_end(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

}  // namespace

tl::expected<Target, std::string> parse_target(const std::string& written) {
    const std::string url = without_line_end(written);
    if (postgres::names_postgres(url)) return parse_postgres(url);
    if (sqlite::names_sqlite(url)) return parse_sqlite(url);
    const std::string scheme = scheme_of(url);
    if (scheme.empty() && is_key_value(url)) return parse_postgres(url);
    if (scheme.empty()) return tl::make_unexpected("has no scheme; " + std::string{kForms});
    return tl::make_unexpected("has the scheme " + model::quoted(scheme) + ", which this schemalatch cannot ask; " +
                               std::string{kForms});
}

std::string text_of(const Target& target) { return std::visit(Text{}, target); }

const std::vector<std::string>& dropped_parameters(const Target& target) {
    return std::visit([](const auto& one) -> const std::vector<std::string>& { return one.dropped; }, target);
}

}  // namespace schemalatch::config
