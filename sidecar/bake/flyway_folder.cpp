#include "sidecar/bake/flyway_folder.h"

#include <algorithm>
#include <map>
#include <utility>

#include "probes/model/id_order.h"
#include "probes/model/printable.h"
#include "sidecar/bake/flyway_name.h"
#include "sidecar/bake/folder.h"

namespace schemalatch::bake {

namespace {

namespace fs = std::filesystem;

using model::IdOrder;

constexpr std::size_t kLongestDescription = 200;  // what the history keeps; longer ones never match their own row

struct File {
    fs::path path;
    std::string id;
};

// By canonical id.
using Files = std::map<std::string, File>;

std::string canonical(const std::string& id) { return model::canonical_id(id, IdOrder::dotted).value_or(id); }

// Of locations within each other Flyway drops the inner one.
bool is_same_file(const fs::path& a, const fs::path& b) {
    std::error_code error;
    return a.filename() == b.filename() &&
           fs::canonical(a.parent_path(), error) == fs::canonical(b.parent_path(), error);
}

bool may_be_meant(const std::string& file_name) {
    return parse_flyway_name(file_name) || is_misspelt_for_flyway(file_name);
}

class Project {
public:
    void add(const fs::path& folder);
    BakedOrProblems bake();

private:
    void add_file(const fs::path& path);
    void add_to(Files& files, const fs::path& path, const std::string& id);
    std::vector<gate::Item> items() const;

    Files versioned_ = {};
    Files repeatable_ = {};
    Files baselines_ = {};
    std::size_t found_ = 0;  // files, those of one location within another counted twice
    Problems problems_ = {};
};

void Project::add(const fs::path& folder) {
    const auto before = found_;
    const auto files = list_files_below(folder, may_be_meant);
    if (!files) {
        problems_.insert(problems_.end(), files.error().begin(), files.error().end());
        return;
    }
    for (const auto& file : *files) add_file(file);
    if (problems_.empty() && before == found_) {
        problems_.push_back(model::printable(folder.string()) +
                            ": no file like V1__title.sql lies here; give a location of the migrations. Migrations in "
                            "Java have no such files: list all versions to --from -");
    }
}

void Project::add_file(const fs::path& path) {
    const auto file_name = path.filename().string();
    const auto name = parse_flyway_name(file_name);
    if (!name) {
        problems_.push_back(model::printable(path.string()) +
                            ": flyway passes over such a name; rename it to V1__title.sql, R__title.sql or the like");
        return;
    }
    ++found_;
    if (model::printable(name->id) != name->id) {
        problems_.push_back(model::printable(path.string()) + ": the name holds what does not print; rename it");
        return;
    }
    switch (name->kind) {
        case FlywayKind::versioned:
            return add_to(versioned_, path, name->id);
        case FlywayKind::baseline:
            return add_to(baselines_, path, name->id);
        case FlywayKind::repeatable:
            if (name->id.size() - std::string_view{"R__"}.size() > kLongestDescription) {
                problems_.push_back(model::printable(path.string()) + ": the description is longer than the " +
                                    std::to_string(kLongestDescription) + " bytes that flyway records; shorten it");
                return;
            }
            return add_to(repeatable_, path, name->id);
    }
}

void Project::add_to(Files& files, const fs::path& path, const std::string& id) {
    const auto [at, is_first] = files.try_emplace(canonical(id), File{path, id});
    if (is_first || is_same_file(path, at->second.path)) return;
    problems_.push_back(model::printable(path.string()) + ": " + (id.starts_with("R__") ? "description" : "version") +
                        " \"" + model::printable(id) + "\" is also in " + model::printable(at->second.path.string()) +
                        "; rename one");
}

// Versions in their order, then what is repeated at the end of every run. A baseline migration counts only where the
// versions that it sums up are gone; of several the highest runs.
std::vector<gate::Item> Project::items() const {
    const auto less = [](const auto& a, const auto& b) {
        return std::is_lt(model::compare_ids(canonical(a.id), canonical(b.id), IdOrder::dotted));
    };
    std::vector<gate::Item> items;
    for (const auto& [id, file] : versioned_) items.push_back({file.id});
    std::vector<gate::Item> baselines;
    for (const auto& [id, file] : baselines_) baselines.push_back({file.id, {}, true});
    const auto highest = std::max_element(baselines.begin(), baselines.end(), less);
    const bool summed_up_is_there =
        highest != baselines.end() &&
        std::any_of(items.begin(), items.end(), [&](const auto& item) { return !less(*highest, item); });
    if (highest != baselines.end() && !summed_up_is_there) items.push_back(*highest);
    std::sort(items.begin(), items.end(), less);
    for (const auto& [id, file] : repeatable_) items.push_back({file.id});
    return items;
}

BakedOrProblems Project::bake() {
    if (!problems_.empty()) return tl::make_unexpected(problems_);
    return Baked{gate::SetRequirement{.items = items(), .whole = true}};
}

}  // namespace

BakedOrProblems bake_flyway(const std::vector<fs::path>& folders) {
    Project project;
    for (const auto& folder : distinct_folders(folders)) project.add(folder);
    return project.bake();
}

}  // namespace schemalatch::bake
