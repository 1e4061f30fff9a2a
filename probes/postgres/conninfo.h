// A connection string taken apart into the servers that it names.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::postgres {

// libpq's keywords and their values. Values may be secret.
using Parameters = std::map<std::string, std::string>;

// One host of the list, with what else libpq pairs up with it. A host that starts with '/' or '@' is a Unix socket; an
// empty one is libpq's default.
struct Server {
    std::string host;
    std::string hostaddr;  // set: no lookup is needed
    std::string port;      // empty: libpq's default

    std::string text() const;  // for people: "db:5432"
};

struct ConnInfo {
    Parameters parameters;        // all but host, hostaddr, port and target_session_attrs
    std::vector<Server> servers;  // in the order of the list; at least one
};

// What is said of a string that libpq cannot read at all. libpq's own text may repeat a piece of a password.
inline constexpr std::string_view kNotUnderstood =
    "is not a PostgreSQL URL that libpq understands; percent-encode what is special in user and password "
    "(@ as %40, : as %3A, / as %2F, ? as %3F, % as %25)";

// Refuses a service in the environment. To be called before libpq is asked for its defaults: it would read the
// service's file for them, whatever that is.
tl::expected<void, std::string> check_environment();

// Environment variables that libpq reads (PGHOST, PGPORT) count where the string says nothing. The error is one line
// that never repeats the string.
tl::expected<ConnInfo, std::string> parse_conninfo(const std::string& url);

}  // namespace schemalatch::postgres
