#include "sidecar/bake/folder.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "probes/model/printable.h"

namespace schemalatch::bake {

namespace {

namespace fs = std::filesystem;

tl::unexpected<std::string> problem(const fs::path& path, const std::string& message) {
    return tl::unexpected<std::string>{model::printable(path.string()) + ": " + message};
}

}  // namespace

tl::expected<std::vector<fs::path>, std::string> list_folder(const fs::path& folder,
                                                             bool (*is_wanted)(const std::string& name)) {
    std::error_code error;
    std::vector<fs::path> found;
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
        if (is_wanted(entry->path().filename().string())) found.push_back(entry->path());
    }
    if (error)
        return problem(folder, "folder cannot be read (" + error.message() + "); check the path and its permissions");
    std::sort(found.begin(), found.end());
    return found;
}

// Opening a pipe would wait for somebody to write into it.
tl::expected<std::string, std::string> read_whole_file(const fs::path& file) {
    std::error_code error;
    const bool regular = fs::is_regular_file(file, error);
    if (error) return problem(file, "file cannot be read (" + error.message() + "); repair or remove it");
    if (!regular) return problem(file, "not a regular file; remove or rename it");
    std::ifstream stream{file, std::ios::binary};
    std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
    if (!stream.is_open() || stream.bad()) return problem(file, "file cannot be read; repair or remove it");
    return text;
}

}  // namespace schemalatch::bake
