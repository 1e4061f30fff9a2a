#include "probes/postgres/url_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "probes/postgres/conninfo.h"

namespace schemalatch::postgres {

namespace {

template <typename T>
using Cut = tl::expected<T, std::string>;

constexpr std::string_view kJdbc = "jdbc:postgresql:";
constexpr std::string_view kMark = "://";

constexpr std::string_view kKeyValue =
    "is no list of key=value that libpq understands; put a value that holds blanks between single quotes, and write "
    "\\' for a quote within";

// golang-migrate names its drivers by pgx, pgx4 and pgx5; django-environ and dj-database-url know the last three.
constexpr std::array<std::string_view, 8> kSchemes{"postgresql", "postgres", "pgx",  "pgx4",
                                                   "pgx5",       "pgsql",    "psql", "postgis"};

// "postgresql+psycopg" of "postgresql+psycopg://db"; empty if it is not one of ours.
std::string_view scheme_of(std::string_view url) {
    const auto scheme = url.substr(0, std::min(url.find(kMark), url.size()));
    if (scheme.size() == url.size()) return "";
    const auto kind = scheme.substr(0, scheme.find('+'));
    const auto is_driver = [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '_'; };
    const bool ours = std::find(kSchemes.begin(), kSchemes.end(), kind) != kSchemes.end();
    return ours && std::all_of(scheme.begin(), scheme.end(), is_driver) ? scheme : "";
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string lower(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return line;
}

// nullopt where a "%" stands bare, or for a NUL.
std::optional<std::string> decoded(std::string_view text, Dialect dialect) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && dialect != Dialect::libpq) {
            plain += ' ';
        } else if (text[i] != '%') {
            plain += text[i];
        } else {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
            plain += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return plain;
}

std::string encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kPlain = "-._~/,";
    std::string line;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x80 && std::isalnum(byte) != 0) || kPlain.find(c) != std::string_view::npos) {
            line += c;
        } else {
            line += {'%', kHex[byte >> 4], kHex[byte & 0xF]};
        }
    }
    return line;
}

// A parameter without "=" is one without a value: "?ssl".
Cut<std::vector<UrlParameter>> cut_query(std::string_view query, Dialect dialect) {
    std::vector<UrlParameter> parameters;
    while (!query.empty()) {
        const auto piece = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), piece.size() + 1));
        const auto equals = std::min(piece.find('='), piece.size());
        auto name = decoded(piece.substr(0, equals), dialect);
        auto value = decoded(piece.substr(std::min(piece.size(), equals + 1)), dialect);
        if (!name || !value) return tl::make_unexpected(std::string{kNotUnderstood});
        if (!piece.empty()) parameters.push_back({std::move(*name), std::move(*value)});
    }
    return parameters;
}

// A password with a bare "@" or "/" would be cut in two there, and its end be taken for a host, a port or a database:
// names that are told in reasons.
bool may_cut_a_password(std::string_view behind_scheme) {
    const auto at = behind_scheme.find('@');
    if (at == std::string_view::npos) return false;
    if (behind_scheme.find('/') < at) return at < behind_scheme.find('?');
    const auto host_and_path = behind_scheme.substr(at + 1);
    return host_and_path.find('@') < host_and_path.find('?');
}

// As libpq does: user and password end at an "@" in front of the first "/", and may hold a "?".
std::size_t find_query(std::string_view behind_scheme) {
    const auto at = behind_scheme.find_first_of("@/");
    const bool has_user = at != std::string_view::npos && behind_scheme[at] == '@';
    return std::min(behind_scheme.find('?', has_user ? at : 0), behind_scheme.size());
}

// As in a SQL Server URL. Java's driver for PostgreSQL takes all of it for the database's name, which reasons tell.
bool parts_by_semicolons(std::string_view url) {
    const auto semicolon = url.find(';');
    if (semicolon == std::string_view::npos) return false;
    if (semicolon < url.find('?')) return true;
    const auto rest = lower(url.substr(semicolon));
    return rest.find("user=") != std::string::npos || rest.find("password=") != std::string::npos;
}

bool holds_password(const std::vector<UrlParameter>& parameters) {
    return std::any_of(parameters.begin(), parameters.end(),
                       [](const auto& parameter) { return parameter.name.ends_with("password"); });
}

Cut<UrlParts> cut_uri(std::string_view url) {
    const auto scheme = scheme_of(url);
    const auto rest = url.substr(scheme.size() + kMark.size());
    if (may_cut_a_password(rest)) {
        return tl::make_unexpected(
            std::string{"holds a bare \"@\" or \"/\" where it cannot stand; percent-encode what is special in user, "
                        "password and database (@ as %40, : as %3A, / as %2F, % as %25)"});
    }
    const auto dialect = scheme.find('+') == std::string_view::npos ? Dialect::libpq : Dialect::sqlalchemy;
    const auto end = find_query(rest);
    const auto query = rest.substr(std::min(rest.size(), end + 1));
    // Else it ends a password that holds a "?", too, and what stands between would be told as the host.
    if (query.find('@') != std::string_view::npos) {
        return tl::make_unexpected(std::string{
            "holds a bare \"@\" behind the \"?\"; percent-encode it as %40, and what is special in user and "
            "password (@ as %40, : as %3A, / as %2F, ? as %3F, % as %25)"});
    }
    auto parameters = cut_query(query, dialect);
    if (!parameters) return tl::make_unexpected(parameters.error());
    const bool surely_cut = !holds_password(*parameters);
    return UrlParts{dialect, "postgresql://" + std::string{rest.substr(0, end)}, std::move(*parameters), surely_cut};
}

// What Java's driver takes where the URL is silent, and libpq would take from its environment.
std::string jdbc_hosts(std::string_view list) {
    std::string hosts;
    while (true) {
        const auto host = list.substr(0, list.find(','));
        const auto name_end = host.starts_with('[') ? host.find(']') : 0;
        const bool has_port = host.find(':', std::min(name_end, host.size())) != std::string_view::npos;
        hosts += (host.empty() ? "localhost" : std::string{host}) + (has_port ? "" : ":5432");
        if (host.size() == list.size()) return hosts;
        list.remove_prefix(host.size() + 1);
        hosts += ',';
    }
}

// "jdbc:postgresql://hosts/database", "jdbc:postgresql:database", "jdbc:postgresql:/".
Cut<UrlParts> cut_jdbc(std::string_view url) {
    auto rest = url.substr(kJdbc.size());
    if (parts_by_semicolons(rest)) {
        return tl::make_unexpected(
            std::string{"holds a \";\" as SQL Server's URLs do, where it parts nothing; write ?user=...&password=... "
                        "behind the database, and a \";\" of its name or of a value as %3B"});
    }
    const auto end = std::min(rest.find('?'), rest.size());
    auto parameters = cut_query(rest.substr(std::min(rest.size(), end + 1)), Dialect::jdbc);
    if (!parameters) return tl::make_unexpected(parameters.error());
    rest = rest.substr(0, end);
    if (rest.find('@') != std::string_view::npos) {
        return tl::make_unexpected(
            std::string{"holds a \"@\", and Java's driver reads no user in front of the hosts; write "
                        "?user=...&password=... behind the database, percent-encoded"});
    }
    std::string_view hosts;
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        hosts = rest.substr(0, rest.find('/'));
        rest.remove_prefix(hosts.size());
    }
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto database = decoded(rest, Dialect::jdbc);
    if (!database) return tl::make_unexpected(std::string{kNotUnderstood});
    const bool surely_cut = !holds_password(*parameters);
    return UrlParts{Dialect::jdbc, "postgresql://" + jdbc_hosts(hosts) + "/" + encoded(*database),
                    std::move(*parameters), surely_cut};
}

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::string take_name(std::string_view& text) {
    const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c == '=' || is_blank(c); });
    std::string name{text.begin(), end};
    text.remove_prefix(name.size());
    return name;
}

// Up to a blank or, if it is quoted, to the closing quote; nullopt if that is missing.
std::optional<std::string> take_value(std::string_view& text) {
    std::string value;
    const bool quoted = text.starts_with('\'');
    if (quoted) text.remove_prefix(1);
    while (!text.empty() && (quoted ? text.front() != '\'' : !is_blank(text.front()))) {
        if (text.front() == '\\') text.remove_prefix(1);
        if (text.empty()) break;
        value += text.front();
        text.remove_prefix(1);
    }
    if (quoted && text.empty()) return std::nullopt;
    if (quoted) text.remove_prefix(1);
    return value;
}

Cut<UrlParts> cut_key_value(std::string_view text) {
    UrlParts parts{Dialect::libpq, "postgresql://", {}, false};
    for (skip_blanks(text); !text.empty(); skip_blanks(text)) {
        auto name = take_name(text);
        skip_blanks(text);
        if (name.empty() || !text.starts_with('=')) return tl::make_unexpected(std::string{kKeyValue});
        text.remove_prefix(1);
        skip_blanks(text);
        auto value = take_value(text);
        if (!value) return tl::make_unexpected(std::string{kKeyValue});
        parts.parameters.push_back({std::move(name), std::move(*value)});
    }
    parts.surely_cut = !holds_password(parts.parameters);
    return parts;
}

}  // namespace

bool has_postgres_scheme(const std::string& url) { return url.starts_with(kJdbc) || !scheme_of(url).empty(); }

Cut<UrlParts> cut_url(const std::string& url) {
    if (url.starts_with(kJdbc)) return cut_jdbc(url);
    return scheme_of(url).empty() ? cut_key_value(url) : cut_uri(url);
}

std::string join_url(const std::string& base, const std::vector<UrlParameter>& parameters) {
    std::string url = base;
    for (const auto& parameter : parameters) {
        url +=
            (&parameter == &parameters.front() ? "?" : "&") + encoded(parameter.name) + "=" + encoded(parameter.value);
    }
    return url;
}

}  // namespace schemalatch::postgres
