// The text of a connection URL, cut up where its driver cuts it. Knows no parameter's meaning.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::postgres {

// Whose rules a URL follows, as far as its scheme tells.
enum class Dialect {
    libpq,       // postgresql://, and key=value: also node-postgres', Prisma's and Go's, which look the same
    sqlalchemy,  // postgresql+driver://
    jdbc,        // jdbc:postgresql:
};

// Decoded. The value may be secret.
struct UrlParameter {
    std::string name;
    std::string value;
};

struct UrlParts {
    Dialect dialect;
    std::string base;  // a libpq URI without parameters: user, hosts and database, still percent-encoded
    std::vector<UrlParameter> parameters;
    bool surely_cut;  // no piece of a password can stand in a parameter's name
};

// As names_postgres() and translate_url() in url.h say.
bool has_postgres_scheme(const std::string& url);
tl::expected<UrlParts, std::string> cut_url(const std::string& url);

// A libpq URI again.
std::string join_url(const std::string& base, const std::vector<UrlParameter>& parameters);

}  // namespace schemalatch::postgres
