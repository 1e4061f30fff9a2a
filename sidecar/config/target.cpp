#include "sidecar/config/target.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "probes/model/printable.h"

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

// A password with a bare "@" or "/" would be cut in two there, and its end be taken for a host, a port or a database:
// names that are told in reasons.
bool may_cut_a_password(std::string_view behind_scheme) {
    const auto at = behind_scheme.find('@');
    if (at == std::string_view::npos) return false;
    if (behind_scheme.find('/') < at) return at < behind_scheme.find('?');
    const auto host_and_path = behind_scheme.substr(at + 1);
    return host_and_path.find('@') < host_and_path.find('?');
}

tl::expected<Target, std::string> parse_postgres(const std::string& kind, const std::string& rest) {
    if (!may_cut_a_password(rest)) return PostgresTarget{kind + "://" + rest};
    return tl::make_unexpected(
        std::string{"holds a bare \"@\" or \"/\" where it cannot stand; percent-encode what is special in user, "
                    "password and database (@ as %40, : as %3A, / as %2F, % as %25)"});
}

// As SQLAlchemy reads it: all behind "sqlite:///" is the path, "////" makes it absolute.
tl::expected<Target, std::string> parse_sqlite(const std::string& rest) {
    if (!rest.starts_with('/'))
        return tl::make_unexpected(
            std::string{"names no SQLite file; write sqlite:////absolute/path or sqlite:///relative/path"});
    const std::string path = rest.substr(1, rest.find('?') - 1);
    if (path.empty() || path == ":memory:")
        return tl::make_unexpected(
            std::string{"names a SQLite database in memory, which only its own process can see"});
    if (path.starts_with("file:"))
        return tl::make_unexpected(std::string{"is a SQLite URI file name; write the plain path behind sqlite:///"});
    return SqliteTarget{path};
}

}  // namespace

tl::expected<Target, std::string> parse_target(const std::string& url) {
    const std::string scheme = scheme_of(url);
    const std::string kind = scheme.substr(0, scheme.find('+'));
    const std::string rest = scheme.empty() ? url : url.substr(scheme.size() + std::string_view{"://"}.size());
    if (kind == "postgresql" || kind == "postgres") return parse_postgres(kind, rest);
    if (kind == "sqlite") return parse_sqlite(rest);
    if (scheme.empty() && url.find('=') != std::string::npos) return PostgresTarget{url};
    if (scheme.empty()) return tl::make_unexpected("has no scheme; " + std::string{kForms});
    return tl::make_unexpected("has the scheme " + model::quoted(scheme) + ", which this schemalatch cannot ask; " +
                               std::string{kForms});
}

}  // namespace schemalatch::config
