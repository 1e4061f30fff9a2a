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

namespace {

// A link to itself is looked at as little as one to nothing.
bool leads_nowhere(fs::file_type type, const std::error_code& error) {
    return type == fs::file_type::not_found || error == std::errc::too_many_symbolic_link_levels;
}

class Walk {
public:
    explicit Walk(bool (*is_wanted)(const std::string& name)) : is_wanted_{is_wanted} {}

    tl::expected<std::vector<fs::path>, std::vector<std::string>> run(const fs::path& folder);

private:
    void take(const fs::path& entry);

    bool (*is_wanted_)(const std::string& name);
    std::vector<fs::path> open_ = {};
    std::vector<fs::path> files_ = {};
    std::vector<std::string> problems_ = {};
};

tl::expected<std::vector<fs::path>, std::vector<std::string>> Walk::run(const fs::path& folder) {
    std::set<fs::path> seen;  // by their real path: links may lead in a circle
    open_.push_back(folder);
    while (!open_.empty()) {
        const auto at = std::move(open_.back());
        open_.pop_back();
        std::error_code error;
        const auto real = fs::canonical(at, error);
        if (!error && !seen.insert(real).second) continue;
        const auto entries = list_folder(at, [](const std::string&) { return true; });
        if (!entries) problems_.push_back(entries.error());
        if (!entries) continue;
        for (const auto& entry : *entries) take(entry);
    }
    std::sort(files_.begin(), files_.end());
    std::sort(problems_.begin(), problems_.end());
    if (!problems_.empty()) return tl::make_unexpected(std::move(problems_));
    return std::move(files_);
}

void Walk::take(const fs::path& entry) {
    const auto name = entry.filename().string();
    std::error_code error;
    const auto type = fs::status(entry, error).type();
    if (type == fs::file_type::directory) {
        if (!name.starts_with('.')) open_.push_back(entry);
        return;
    }
    const bool wanted = is_wanted_(name);
    const bool may_be_folder = error && !leads_nowhere(type, error) && !name.starts_with('.');
    if (!wanted && !may_be_folder) return;
    if (auto checked = check_regular_file(entry); !checked) return problems_.push_back(std::move(checked.error()));
    files_.push_back(entry);
}

}  // namespace

tl::expected<std::vector<fs::path>, std::vector<std::string>> list_files_below(
    const fs::path& folder, bool (*is_wanted)(const std::string& name)) {
    return Walk{is_wanted}.run(folder);
}

tl::expected<void, std::string> check_regular_file(const fs::path& file) {
    std::error_code error;
    const auto type = fs::status(file, error).type();
    if (type == fs::file_type::regular) return {};
    if (leads_nowhere(type, error)) return problem(file, "leads nowhere; mend the link, or remove it");
    if (error)
        return problem(file,
                       "cannot be looked at (" + error.message() + "); check the permissions of the folder around it");
    return problem(file, "not a regular file; remove or rename it");
}

// One that cannot be found is left for whoever reads it to tell.
std::vector<fs::path> distinct_folders(const std::vector<fs::path>& folders) {
    std::vector<fs::path> distinct;
    std::set<fs::path> seen;
    for (const auto& folder : folders) {
        std::error_code error;
        const auto real = fs::canonical(folder, error);
        if (error || seen.insert(real).second) distinct.push_back(folder);
    }
    return distinct;
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
