#include "sidecar/bake/alembic_folder.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "probes/model/printable.h"
#include "probes/model/revision_cycle.h"
#include "sidecar/bake/alembic_source.h"
#include "sidecar/bake/folder.h"

namespace schemalatch::bake {

namespace {

namespace fs = std::filesystem;

struct RevisionFile {
    fs::path path;
    AlembicRevision revision;
};

void add_once(std::vector<std::string>& ids, const std::string& id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
}

// All revision files together, and whatever is wrong with them.
class Project {
public:
    explicit Project(const std::vector<fs::path>& files);

    tl::expected<gate::GraphRequirement, Problems> requirement();

private:
    using ById = std::map<std::string, const RevisionFile*, std::less<>>;

    void read(const fs::path& file);
    void register_ids();
    void register_labels();
    void register_label(const RevisionFile& file, const std::string& label);
    void link();
    void link_down_revisions(const RevisionFile& file);
    void link_dependencies(const RevisionFile& file);
    void report_cycle();
    std::vector<std::string> heads() const;
    void report(const RevisionFile& file, int line, const std::string& message);

    std::vector<RevisionFile> files_ = {};
    ById ids_ = {};
    ById labels_ = {};
    model::Parents parents_ = {};
    Problems problems_ = {};
};

Project::Project(const std::vector<fs::path>& files) {
    for (const auto& file : files) read(file);
    const bool complete = problems_.empty();
    register_ids();
    register_labels();
    // What is missing may be declared by a file that could not be read.
    if (complete) link();
}

void Project::report(const RevisionFile& file, int line, const std::string& message) {
    problems_.push_back(model::printable(file.path.string()) + ":" + std::to_string(line) + ": " + message);
}

void Project::read(const fs::path& file) {
    const auto text = read_regular_file(file);
    if (!text) {
        problems_.push_back(text.error());
        return;
    }
    auto revision = read_alembic_source(file.filename().string(), *text);
    if (revision) {
        files_.push_back({file, std::move(*revision)});
    } else {
        report({file, {}}, revision.error().line, revision.error().message);
    }
}

void Project::register_ids() {
    for (const auto& file : files_) {
        const auto [at, is_first] = ids_.try_emplace(file.revision.id, &file);
        if (is_first) continue;
        report(file, file.revision.line,
               "revision " + model::quoted(file.revision.id) + " is also in " +
                   model::printable(at->second->path.string()) + "; remove one of the two");
    }
}

void Project::register_labels() {
    for (const auto& file : files_) {
        for (const auto& label : file.revision.branch_labels.values) register_label(file, label);
    }
}

// Alembic looks ids and labels up in the same table.
void Project::register_label(const RevisionFile& file, const std::string& label) {
    const auto as_id = ids_.find(label);
    const auto [as_label, is_new] = labels_.try_emplace(label, &file);
    const RevisionFile* other = as_id != ids_.end() ? as_id->second : is_new ? nullptr : as_label->second;
    if (other == nullptr) return;
    report(file, file.revision.branch_labels.line,
           "branch label " + model::quoted(label) + " is already used by revision " +
               model::quoted(other->revision.id) + "; choose another label");
}

void Project::link() {
    for (const auto& file : files_) {
        parents_.try_emplace(file.revision.id);
        link_down_revisions(file);
        link_dependencies(file);
    }
}

void Project::link_down_revisions(const RevisionFile& file) {
    const auto& down = file.revision.down_revisions;
    for (const auto& id : down.values) {
        if (ids_.contains(id)) {
            add_once(parents_[file.revision.id], id);
        } else if (labels_.contains(id)) {
            report(file, down.line, "down_revision " + model::quoted(id) + " is a branch label; write a revision's id");
        } else {
            report(file, down.line,
                   "down_revision " + model::quoted(id) + " is not there; restore its file, or give its folder too");
        }
    }
}

void Project::link_dependencies(const RevisionFile& file) {
    const auto& dependencies = file.revision.depends_on;
    for (const auto& name : dependencies.values) {
        const auto as_id = ids_.find(name);
        const auto as_label = labels_.find(name);
        if (as_id != ids_.end()) {
            add_once(parents_[file.revision.id], name);
        } else if (as_label != labels_.end()) {
            add_once(parents_[file.revision.id], as_label->second->revision.id);
        } else {
            report(file, dependencies.line,
                   "depends_on " + model::quoted(name) +
                       " is neither a revision nor a branch label; restore its file, or give its folder too");
        }
    }
}

void Project::report_cycle() {
    const auto cycle = model::find_cycle(parents_);
    assert(cycle.size() > 1);
    const RevisionFile& file = *ids_.at(cycle[0]);
    const auto& down = file.revision.down_revisions;
    const bool by_down_revision = std::find(down.values.begin(), down.values.end(), cycle[1]) != down.values.end();
    report(file, by_down_revision ? down.line : file.revision.depends_on.line,
           "revision " + model::quoted(cycle[0]) + " is its own ancestor (" + model::listed(cycle) + "); correct one " +
               "down_revision or depends_on");
}

std::vector<std::string> Project::heads() const {
    model::Revisions heads;
    for (const auto& [id, file] : ids_) heads.insert(id);
    for (const auto& file : files_) {
        for (const auto& id : file.revision.down_revisions.values) heads.erase(id);
    }
    return {heads.begin(), heads.end()};
}

tl::expected<gate::GraphRequirement, Problems> Project::requirement() {
    if (problems_.empty()) {
        if (files_.empty()) problems_.push_back("no migration to bake; give the files");
    }
    if (!problems_.empty()) return tl::make_unexpected(problems_);
    auto graph = model::RevisionGraph::make(parents_);
    if (graph) return gate::GraphRequirement{heads(), std::move(*graph)};
    report_cycle();
    return tl::make_unexpected(problems_);
}

// As Alembic's own pattern has it.
bool is_revision_file(const std::string& name) {
    return name.ends_with(".py") && !name.starts_with(".#") && !name.starts_with("__init__");
}

using Files = tl::expected<std::vector<fs::path>, std::string>;

Files revision_files(const fs::path& folder) {
    const std::string place = model::printable(folder.string());
    std::error_code ignored;
    if (fs::exists(folder / "env.py", ignored)) {
        return tl::make_unexpected(
            place + ": \"env.py\" lies here, so this is the script folder; give the versions folder, most likely \"" +
            model::printable((folder / "versions").string()) + "\"");
    }
    auto files = list_folder(folder, is_revision_file);
    if (files && files->empty()) {
        return tl::make_unexpected(place + ": no migration lies here; give the versions folder of the Alembic project");
    }
    return files;
}

// Alembic passes over a file that it meets again in another folder.
void add_new(std::vector<fs::path>& files, std::set<fs::path>& seen, const std::vector<fs::path>& more) {
    for (const auto& file : more) {
        std::error_code error;
        const auto real = fs::canonical(file, error);
        if (error || seen.insert(real).second) files.push_back(file);
    }
}

tl::expected<std::vector<fs::path>, Problems> collect_files(const std::vector<fs::path>& folders) {
    std::vector<fs::path> files;
    std::set<fs::path> seen;
    Problems problems;
    for (const auto& folder : folders) {
        const auto found = revision_files(folder);
        if (found) {
            add_new(files, seen, *found);
        } else {
            problems.push_back(found.error());
        }
    }
    if (!problems.empty()) return tl::make_unexpected(problems);
    return files;
}

}  // namespace

BakedOrProblems bake_alembic(const std::vector<fs::path>& folders) {
    const auto files = collect_files(folders);
    if (!files) return tl::make_unexpected(files.error());
    auto needs = bake_alembic_files(*files);
    if (!needs) return tl::make_unexpected(std::move(needs.error()));
    return Baked{std::move(*needs)};
}

tl::expected<gate::GraphRequirement, Problems> bake_alembic_files(const std::vector<fs::path>& files) {
    return Project{files}.requirement();
}

}  // namespace schemalatch::bake
