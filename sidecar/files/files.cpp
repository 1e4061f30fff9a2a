#include "sidecar/files/files.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "probes/model/printable.h"

namespace schemalatch::files {

namespace {

constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;  // many times the largest baked file

// Somebody may have put a URL where a path belongs.
std::string shown(const std::filesystem::path& path) {
    const auto text = path.string();
    return model::may_hold_secret(text) ? "a path that is not shown, for it may hold a password"
                                        : model::printable(text);
}

tl::unexpected<std::string> failed(const std::filesystem::path& path, int code) {
    const std::string why = code == 0 ? "cannot be read or written" : std::generic_category().message(code);
    return tl::make_unexpected(shown(path) + ": " + why);
}

struct Descriptor {
    explicit Descriptor(int opened) : fd{opened} {}
    ~Descriptor() {
        if (fd >= 0) close(fd);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    const int fd;
};

// After a read() that failed so: waits for who writes to the other end of a pipe.
bool has_more_soon(int fd, int code) {
    constexpr int kPatience = 5000;  // milliseconds without a byte
    pollfd more{fd, POLLIN, 0};
    const bool soon = code == EINTR || (code == EAGAIN && poll(&more, 1, kPatience) == 1);
    errno = code;
    return soon;
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
    // Without O_NONBLOCK a pipe that nobody writes to would hold us for ever.
    const Descriptor file{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (file.fd < 0) return failed(path, errno);
    std::string text;
    std::array<char, 65'536> chunk{};
    for (;;) {
        const auto count = ::read(file.fd, chunk.data(), chunk.size());
        if (count == 0) return text;
        if (count > 0) text.append(chunk.data(), static_cast<std::size_t>(count));
        if (text.size() > kLargest) return failed(path, EFBIG);
        if (count < 0 && !has_more_soon(file.fd, errno)) return failed(path, errno == EAGAIN ? ETIMEDOUT : errno);
    }
}

tl::expected<std::string, std::string> read_regular(const std::filesystem::path& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
        return tl::make_unexpected(shown(path) + ": is no regular file");
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
