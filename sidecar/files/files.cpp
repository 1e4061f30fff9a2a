#include "sidecar/files/files.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "probes/model/printable.h"

namespace schemalatch::files {

namespace {

tl::unexpected<std::string> failed(const std::filesystem::path& path, int code) {
    const std::string why = code == 0 ? "cannot be read or written" : std::generic_category().message(code);
    return tl::make_unexpected(model::printable(path.string()) + ": " + why);
}

std::error_code write(const std::filesystem::path& path, std::string_view text) {
    errno = 0;
    std::ofstream out{path, std::ios::binary};
    out << text;
    out.close();
    return {out ? 0 : errno, std::generic_category()};
}

}  // namespace

tl::expected<std::string, std::string> read(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return failed(path, EISDIR);
    errno = 0;
    std::ifstream in{path, std::ios::binary};
    if (!in.is_open()) return failed(path, errno);
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (in.bad()) return failed(path, errno);
    return text;
}

tl::expected<std::string, std::string> read_regular(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
        return tl::make_unexpected(model::printable(path.string()) + ": is no regular file");
    return read(path);
}

tl::expected<void, std::string> replace(const std::filesystem::path& path, std::string_view text) {
    std::error_code error;
    const auto target = std::filesystem::weakly_canonical(path, error);
    if (error) return failed(path, error.value());
    const auto type = std::filesystem::status(target, error).type();
    if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found) {
        error = write(target, text);
        return error ? tl::expected<void, std::string>{failed(path, error.value())} : tl::expected<void, std::string>{};
    }
    const std::filesystem::path beside = target.string() + "." + std::to_string(getpid()) + ".new";
    error = write(beside, text);
    if (!error) std::filesystem::rename(beside, target, error);
    if (!error) return {};
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    return failed(path, error.value());
}

}  // namespace schemalatch::files
