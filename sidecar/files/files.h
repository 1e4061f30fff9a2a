// Small files, read and written whole.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace schemalatch::files {

// Of a pipe until its writer closes it, or says nothing for 5 s. The error is "PATH: why".
tl::expected<std::string, std::string> read(const std::filesystem::path& path);

// The same, but refuses what could block for ever: pipes, devices.
tl::expected<std::string, std::string> read_regular(const std::filesystem::path& path);

// A regular file, or one that is yet to be, has its old content or all of the new one, never a part: written beside it,
// then renamed; symbolic links stay. Anything else (a pipe, /dev/stdout) is written to as it is. The error is "PATH:
// why".
tl::expected<void, std::string> replace(const std::filesystem::path& path, std::string_view text);

}  // namespace schemalatch::files
