// What kind of thing a URL names. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <variant>

namespace schemalatch::config {

struct PostgresTarget {
    std::string url;  // as libpq takes it; may hold a password
    bool operator==(const PostgresTarget&) const = default;
};

struct SqliteTarget {
    std::filesystem::path file;  // as written: sqlite:///rel.db is relative
    bool operator==(const SqliteTarget&) const = default;
};

using Target = std::variant<PostgresTarget, SqliteTarget>;

// Takes what the application already has: SQLAlchemy's driver names ("postgresql+psycopg://") are understood. The error
// is one line that never repeats the URL.
tl::expected<Target, std::string> parse_target(const std::string& url);

}  // namespace schemalatch::config
