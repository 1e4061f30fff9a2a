// Where a SQLite database really lies, and with it what upgrades keep beside it.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

namespace schemalatch::sqlite {

// The one path of a file that may not be there yet: whatever links lead to it, two spellings give the same. The error
// is one line.
tl::expected<std::filesystem::path, std::string> real_path(const std::filesystem::path& file);

// Beside a database of that real path.
std::filesystem::path journal_beside(const std::filesystem::path& real);

}  // namespace schemalatch::sqlite
