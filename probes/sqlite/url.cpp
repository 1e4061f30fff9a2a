#include "probes/sqlite/url.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "probes/model/suggestion.h"

namespace schemalatch::sqlite {

namespace {

constexpr std::string_view kJdbc = "jdbc:sqlite:";
constexpr std::string_view kMark = "://";

// "sqlite+pysqlite" of "sqlite+pysqlite:///app.db"; empty if it is not one of ours.
std::string_view scheme_of(std::string_view url) {
    const auto scheme = url.substr(0, std::min(url.find(kMark), url.size()));
    if (scheme.size() == url.size()) return "";
    const auto is_driver = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.' || c == '_';
    };
    const bool ours = scheme.substr(0, scheme.find('+')) == "sqlite";
    return ours && std::all_of(scheme.begin(), scheme.end(), is_driver) ? scheme : "";
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

tl::expected<void, std::string> check_parameter(std::string_view name, std::string_view value) {
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
tl::expected<std::vector<std::string>, std::string> dropped_parameters(std::string_view query) {
    std::vector<std::string> names;
    while (!query.empty()) {
        const auto piece = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), piece.size() + 1));
        const auto name = piece.substr(0, piece.find('='));
        const auto value = piece.substr(std::min(piece.size(), name.size() + 1));
        if (auto checked = check_parameter(name, value); !checked) return tl::make_unexpected(checked.error());
        names.emplace_back(name);
    }
    return names;
}

// All up to "?" is the path.
tl::expected<TranslatedUrl, std::string> translate_path(std::string_view text) {
    const std::string path{text.substr(0, text.find('?'))};
    if (path.empty() || path == ":memory:") return tl::make_unexpected(std::string{kInMemory});
    if (path.starts_with("file:"))
        return tl::make_unexpected(std::string{"is a SQLite URI file name; write the plain path behind sqlite:///"});
    auto dropped = dropped_parameters(text.substr(std::min(text.size(), path.size() + 1)));
    if (!dropped) return tl::make_unexpected(dropped.error());
    return TranslatedUrl{path, std::move(*dropped)};
}

// As SQLAlchemy reads it: all behind "sqlite:///" is the path, "////" makes it absolute.
tl::expected<TranslatedUrl, std::string> translate_behind_mark(std::string_view rest) {
    if (rest.starts_with('/')) return translate_path(rest.substr(1));
    return tl::make_unexpected(
        std::string{"names no SQLite file; write sqlite:////absolute/path or sqlite:///relative/path"});
}

}  // namespace

bool names_sqlite(const std::string& url) { return url.starts_with(kJdbc) || !scheme_of(url).empty(); }

tl::expected<TranslatedUrl, std::string> translate_url(const std::string& url) {
    const std::string_view text{url};
    if (text.starts_with(kJdbc)) return translate_path(text.substr(kJdbc.size()));
    return translate_behind_mark(text.substr(scheme_of(text).size() + kMark.size()));
}

}  // namespace schemalatch::sqlite
