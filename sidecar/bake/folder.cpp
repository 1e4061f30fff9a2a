#include "sidecar/bake/folder.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "probes/model/printable.h"
#include "sidecar/files/files.h"

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

tl::expected<std::vector<fs::path>, std::string> list_files_below(const fs::path& folder) {
    std::vector<fs::path> files;
    std::vector<fs::path> open{folder};
    std::set<fs::path> seen;  // by their real path: links may lead in a circle
    while (!open.empty()) {
        const auto at = std::move(open.back());
        open.pop_back();
        std::error_code error;
        if (!seen.insert(fs::canonical(at, error)).second) continue;
        const auto entries = list_folder(at, [](const std::string&) { return true; });
        if (!entries) return tl::make_unexpected(entries.error());
        for (const auto& entry : *entries) {
            const bool hidden = entry.filename().string().starts_with('.');
            if (fs::is_directory(entry, error)) {
                if (!hidden) open.push_back(entry);
            } else if (fs::is_regular_file(entry, error)) {
                files.push_back(entry);
            }
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Opening a pipe would wait for somebody to write into it.
tl::expected<std::string, std::string> read_regular_file(const fs::path& file) {
    std::error_code ignored;
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) {
        return problem(file, "not a regular file; remove or rename it");
    }
    auto text = files::read(file);
    if (!text) text.error() += "; repair or remove it";
    return text;
}

}  // namespace schemalatch::bake
