// The URL that an application has, whatever its driver, in libpq's words.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::postgres {

struct TranslatedUrl {
    std::string conninfo;              // a libpq URI; holds a secret if the URL did
    std::string schema;                // that the URL names, by whatever parameter; empty: none
    std::vector<std::string> dropped;  // names of parameters that only the application needs
};

// By its scheme: "postgresql://", "postgresql+psycopg://", "jdbc:postgresql:", golang-migrate's "pgx5://" and the like.
bool names_postgres(const std::string& url);

// Takes what names_postgres() knows; all else is read as libpq's key=value. What touches TLS, schema, host choice or
// login is translated or refused, never dropped. The error is one line that tells what to write instead, and repeats
// neither the URL nor a value of it. Whether libpq can work with the result, parse_conninfo() tells.
tl::expected<TranslatedUrl, std::string> translate_url(const std::string& url);

}  // namespace schemalatch::postgres
