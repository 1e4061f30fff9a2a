// A connection string taken apart into the servers that it names.
#pragma once

#include <map>
#include <string>
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

// Environment variables that libpq reads (PGHOST, PGPORT) count where the string says nothing. The error is one line
// that never repeats the string.
tl::expected<ConnInfo, std::string> parse_conninfo(const std::string& url);

}  // namespace schemalatch::postgres
