// What kind of thing a URL names.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

namespace schemalatch::config {

struct PostgresTarget {
    std::string url;                        // as libpq takes it; may hold a password
    std::string schema = {};                // that the application's URL names; empty: none
    std::vector<std::string> dropped = {};  // names of the URL's parameters that mean nothing to a look
    bool operator==(const PostgresTarget&) const = default;
};

struct SqliteTarget {
    std::filesystem::path file;  // as written: sqlite:///rel.db is relative
    std::vector<std::string> dropped = {};
    bool operator==(const SqliteTarget&) const = default;
};

using Target = std::variant<PostgresTarget, SqliteTarget>;

// Takes what the application already has, whatever its driver; docs/configuration.md lists the forms. A line end behind
// it, as files have, is passed over. Reads the environment: what a PostgreSQL URL leaves open, libpq's PGHOST,
// PGSSLMODE and the like may set, and a wrong value of theirs is an error too. The error is one line that never repeats
// the URL.
tl::expected<Target, std::string> parse_target(const std::string& url);

// Where it leads, in one printable line that holds no secret: "db:5432, db2:5433", or the file's absolute path. Reads
// the environment and the working directory, which fill in what the URL leaves open.
std::string text_of(const Target& target);

// Of either kind.
const std::vector<std::string>& dropped_parameters(const Target& target);

}  // namespace schemalatch::config
