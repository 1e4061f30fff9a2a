// The URL that an application has, whatever its driver, as the SQLite file that it names. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::sqlite {

struct TranslatedUrl {
    std::filesystem::path file;        // as written: sqlite:///rel.db is relative
    std::vector<std::string> dropped;  // names of parameters that only the application needs
};

// By its scheme: "sqlite://", "sqlite+pysqlite://" and the like, "jdbc:sqlite:".
bool names_sqlite(const std::string& url);

// Takes what names_sqlite() knows. What plain SQLite cannot read, or only one process can see, is refused. The error is
// one line that tells what to write instead, and repeats neither the URL nor a value of it.
tl::expected<TranslatedUrl, std::string> translate_url(const std::string& url);

}  // namespace schemalatch::sqlite
