#include "probes/sqlite/real_path.h"

#include <system_error>

#include "probes/model/printable.h"

namespace schemalatch::sqlite {

namespace fs = std::filesystem;

// Links are followed by hand: the last one may lead to a file that is yet to be.
tl::expected<fs::path, std::string> real_path(const fs::path& file) {
    constexpr int kMostLinks = 40;
    std::error_code error;
    auto path = fs::absolute(file, error);
    for (int links = 0; !error && links <= kMostLinks; ++links) {
        const auto folder = fs::canonical(path.parent_path(), error);
        if (error) break;
        path = folder / path.filename();
        if (!fs::is_symlink(fs::symlink_status(path))) return path;
        path = folder / fs::read_symlink(path, error);
    }
    return tl::make_unexpected("the folder of " + model::printable(file.string()) + " cannot be reached (" +
                               (error ? error.message() : "too many links") + "); create it, or correct the URL");
}

fs::path journal_beside(const fs::path& real) { return real.string() + ".schemalatch-journal"; }

}  // namespace schemalatch::sqlite
