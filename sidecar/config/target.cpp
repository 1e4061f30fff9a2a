#include "sidecar/config/target.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "probes/model/printable.h"
#include "probes/model/suggestion.h"
#include "probes/postgres/postgres_probe.h"
#include "probes/postgres/url.h"

namespace schemalatch::config {

namespace {

constexpr std::string_view kForms = "give postgresql://user@host/database or sqlite:////path/to/file";
constexpr std::string_view kJdbc = "jdbc:";
constexpr std::string_view kJdbcSqlite = "jdbc:sqlite:";

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

// How the drivers of Python, Java, Go and JavaScript open the file, and what they do with it then.
constexpr std::string_view kHarmless[] = {"_busy_timeout",
                                          "_cache_size",
                                          "_cslike",
                                          "_fk",
                                          "_foreign_keys",
                                          "_journal",
                                          "_journal_mode",
                                          "_loc",
                                          "_mutex",
                                          "_pragma",
                                          "_query_only",
                                          "_sync",
                                          "_synchronous",
                                          "_time_format",
                                          "_timeout",
                                          "_txlock",
                                          "busy_timeout",
                                          "cache",
                                          "cache_size",
                                          "cached_statements",
                                          "check_same_thread",
                                          "connection_limit",
                                          "date_class",
                                          "date_precision",
                                          "date_string_format",
                                          "detect_types",
                                          "foreign_keys",
                                          "immutable",
                                          "isolation_level",
                                          "journal_mode",
                                          "max_connections",
                                          "mode",
                                          "nolock",
                                          "open_mode",
                                          "pool",
                                          "pool_timeout",
                                          "psow",
                                          "shared_cache",
                                          "socket_timeout",
                                          "synchronous",
                                          "timeout",
                                          "transaction_mode",
                                          "uri"};

// A database that SQLite alone cannot read.
constexpr std::string_view kForeign[] = {"_key",   "cipher",   "hexkey",  "kdf_iter", "key",
                                         "legacy", "password", "textkey", "vfs"};

bool is_one_of(std::string_view name, const std::vector<std::string_view>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr const char* kInMemory = "names a SQLite database in memory, which only its own process can see";

tl::expected<void, std::string> check_sqlite_parameter(std::string_view name, std::string_view value) {
    static const std::vector<std::string_view> foreign{std::begin(kForeign), std::end(kForeign)};
    static const std::vector<std::string_view> harmless{std::begin(kHarmless), std::end(kHarmless)};
    if (name == "mode" && value == "memory") return tl::make_unexpected(std::string{kInMemory});
    if (is_one_of(name, foreign)) {
        return tl::make_unexpected("has the parameter \"" + std::string{name} +
                                   "\", by which a file is opened that plain SQLite cannot read; such a database "
                                   "cannot be asked");
    }
    if (is_one_of(name, harmless)) return {};
    // What is not known may be a piece of the path, or of a key.
    return tl::make_unexpected(
        "has a parameter behind \"?\" that no SQLite driver is known for; take it out of the URL" +
        model::suggestion(name, harmless));
}

// The names behind "?", if all may be passed over.
tl::expected<std::vector<std::string>, std::string> sqlite_parameters(std::string_view query) {
    std::vector<std::string> names;
    while (!query.empty()) {
        const auto piece = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), piece.size() + 1));
        const auto name = piece.substr(0, piece.find('='));
        const auto value = piece.substr(std::min(piece.size(), name.size() + 1));
        if (auto checked = check_sqlite_parameter(name, value); !checked) return tl::make_unexpected(checked.error());
        names.emplace_back(name);
    }
    return names;
}

// All up to "?" is the path.
tl::expected<Target, std::string> parse_sqlite_path(std::string_view text) {
    const std::string path{text.substr(0, text.find('?'))};
    if (path.empty() || path == ":memory:") return tl::make_unexpected(std::string{kInMemory});
    if (path.starts_with("file:"))
        return tl::make_unexpected(std::string{"is a SQLite URI file name; write the plain path behind sqlite:///"});
    auto dropped = sqlite_parameters(text.substr(std::min(text.size(), path.size() + 1)));
    if (!dropped) return tl::make_unexpected(dropped.error());
    return SqliteTarget{path, std::move(*dropped)};
}

// As SQLAlchemy reads it: all behind "sqlite:///" is the path, "////" makes it absolute.
tl::expected<Target, std::string> parse_sqlite(std::string_view rest) {
    if (rest.starts_with('/')) return parse_sqlite_path(rest.substr(1));
    return tl::make_unexpected(
        std::string{"names no SQLite file; write sqlite:////absolute/path or sqlite:///relative/path"});
}

std::string without_line_end(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

}  // namespace

tl::expected<Target, std::string> parse_target(const std::string& written) {
    const std::string url = without_line_end(written);
    if (postgres::names_postgres(url)) return parse_postgres(url);
    if (url.starts_with(kJdbcSqlite)) return parse_sqlite_path(std::string_view{url}.substr(kJdbcSqlite.size()));
    const std::string scheme = scheme_of(url);
    if (scheme.substr(0, scheme.find('+')) == "sqlite")
        return parse_sqlite(std::string_view{url}.substr(scheme.size() + std::string_view{"://"}.size()));
    if (scheme.empty() && is_key_value(url)) return parse_postgres(url);
    if (scheme.empty()) return tl::make_unexpected("has no scheme; " + std::string{kForms});
    return tl::make_unexpected("has the scheme " + model::quoted(scheme) + ", which this schemalatch cannot ask; " +
                               std::string{kForms});
}

const std::vector<std::string>& dropped_parameters(const Target& target) {
    return std::visit([](const auto& one) -> const std::vector<std::string>& { return one.dropped; }, target);
}

}  // namespace schemalatch::config
