#include "sidecar/bake/django_folder.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "probes/model/printable.h"
#include "sidecar/bake/django_source.h"
#include "sidecar/bake/folder.h"
#include "sidecar/bake/replacements.h"

namespace schemalatch::bake {

const char* const kDjangoListing =
    "python -c \"import django; django.setup(); from django.db.migrations.loader import MigrationLoader as L; "
    "[print('.'.join(k), *('.'.join(r) for r in m.replaces)) for k, m in L(None).disk_migrations.items()]\"";

namespace {

namespace fs = std::filesystem;

constexpr const char* kListIt = "have Django list all its migrations";
constexpr const char* kWithSettings = ", with DJANGO_SETTINGS_MODULE set: ";
constexpr const char* kIntoBake = " | schemalatch bake --tool django --from -";

struct File {
    fs::path path;
    std::string app;
    std::string name;
    DjangoMigration migration = {};

    std::string id() const { return app + "." + name; }
};

std::string id_of(const DjangoName& name) { return name.app + "." + name.name; }

bool is_whole_app(const DjangoName& name) { return name.name == "__first__" || name.name == "__latest__"; }

// What stands behind a module's name: source, bytecode, or machine code, with the interpreter that it was built for.
bool is_ending(const std::string& ending) {
    const bool tagged = ending.starts_with(".cpython-") || ending.starts_with(".pypy") || ending == ".abi3.so";
    return ending == ".py" || ending == ".pyc" || ending == ".so" || (tagged && ending.ends_with(".so"));
}

std::string module_name(const std::string& file) { return file.substr(0, file.find('.')); }

// As Python's pkgutil has it, which Django asks for the modules of a package.
bool is_python(const std::string& file) {
    const auto dot = file.find('.');
    return dot != std::string::npos && dot > 0 && is_ending(file.substr(dot));
}

bool is_module(const std::string& file) { return is_python(file) && !file.starts_with('_') && !file.starts_with('~'); }

bool makes_package(const std::string& file) { return is_python(file) && module_name(file) == "__init__"; }

bool is_package(const fs::path& folder) {
    const auto files = list_folder(folder, makes_package);
    return files && !files->empty();
}

// Django takes identifiers alone.
bool is_label(const std::string& label) {
    return !label.empty() && label.find_first_of(". \t/") == std::string::npos && model::printable(label) == label;
}

// All apps together, and whatever is wrong with them.
class Project {
public:
    void add(const fs::path& given);
    BakedOrProblems bake();

private:
    std::optional<std::string> label_of(const fs::path& folder);
    void add_app(const std::string& label, const fs::path& folder);
    void read(const fs::path& path, const std::string& app);
    void check_references(const File& file, const DjangoField& field, const std::string& what);
    void check_reference(const File& file, int line, const DjangoName& name, const std::string& what);
    void check_swappable(const File& file, const DjangoField& field, const std::string& what);
    void check_package(const fs::path& folder);
    std::string other_way();
    void report_app(const File& file, int line, const std::string& app, const std::string& what);
    std::vector<gate::Item> items() const;
    std::optional<std::string> resolved(const DjangoName& name) const;
    model::Parents builds_upon(const std::vector<gate::Item>& items) const;
    void report(const fs::path& path, int line, const std::string& message);

    std::map<std::string, fs::path> apps_ = {};
    std::vector<File> files_ = {};
    std::set<std::string> known_ = {};     // ids that are there, or that one that is there replaces
    std::set<std::string> unread_ = {};    // apps of which not all could be read
    std::set<std::string> reported_ = {};  // apps that are missing, and settings
    bool told_other_way_ = false;
    Problems problems_ = {};
    std::vector<std::string> warnings_ = {};
};

void Project::report(const fs::path& path, int line, const std::string& message) {
    problems_.push_back(model::printable(path.string()) + ":" + std::to_string(line) + ": " + message);
}

// A folder may have a "=" in its name.
void Project::add(const fs::path& given) {
    std::error_code ignored;
    const std::string text = given.string();
    const auto equals = text.find('=');
    if (equals != std::string::npos && !fs::exists(given, ignored)) {
        return add_app(text.substr(0, equals), text.substr(equals + 1));
    }
    if (const auto label = label_of(given)) add_app(*label, given);
}

// The label is the app's folder's name, unless its apps.py gives it another.
std::optional<std::string> Project::label_of(const fs::path& given) {
    std::error_code ignored;
    const auto folder = fs::weakly_canonical(given.has_filename() ? given : given.parent_path(), ignored);
    if (folder.filename() != "migrations") {
        problems_.push_back(model::printable(given.string()) +
                            ": which app these migrations are of can't be told from the folder's name; write LABEL=" +
                            model::printable(given.string()));
        return std::nullopt;
    }
    const auto apps = (given / ".." / "apps.py").lexically_normal();
    if (!fs::exists(apps, ignored)) return folder.parent_path().filename().string();
    const auto text = read_regular_file(apps);
    if (!text) {
        problems_.push_back(text.error());
        return std::nullopt;
    }
    auto label = read_django_label(*text);
    if (label) return label->value_or(folder.parent_path().filename().string());
    report(apps, label.error().line, label.error().message);
    return std::nullopt;
}

void Project::add_app(const std::string& label, const fs::path& folder) {
    if (!is_label(label)) {
        problems_.push_back(model::printable(folder.string()) + ": " + model::quoted(label) +
                            " is no app's label; write LABEL=FOLDER with the one that the app has");
        return;
    }
    const auto [at, is_first] = apps_.try_emplace(label, folder);
    std::error_code ignored;
    if (!is_first && fs::equivalent(folder, at->second, ignored)) return;  // given twice
    if (!is_first) {
        problems_.push_back(model::printable(folder.string()) + ": app " + model::quoted(label) + " is also in " +
                            model::printable(at->second.string()) + "; leave one of the two out");
        return;
    }
    const auto modules = list_folder(folder, is_module);
    if (!modules) {
        problems_.push_back(modules.error());
        return;
    }
    for (const auto& module : *modules) {
        // What cannot be looked at cannot be read either, and is told then.
        if (!fs::is_directory(module, ignored)) read(module, label);
    }
    if (is_package(folder)) {
        check_package(folder);
    } else if (!modules->empty()) {
        problems_.push_back(model::printable(folder.string()) +
                            ": has no __init__.py, so Django sees no migrations in it; add the file, or leave the "
                            "folder out");
    }
    const bool any = std::any_of(files_.begin(), files_.end(), [&](const auto& file) { return file.app == label; });
    if (!any && problems_.empty()) {
        problems_.push_back(model::printable(folder.string()) +
                            ": no migration lies here; give the folder with the migrations of an app");
    }
}

// Its __path__ may name further folders of migrations.
void Project::check_package(const fs::path& folder) {
    const auto files = list_folder(folder, makes_package);
    if (!files) return problems_.push_back(files.error());
    std::error_code ignored;
    for (const auto& file : *files) {
        if (file.extension() == ".pyc" && fs::exists(folder / "__init__.py", ignored)) continue;
        if (file.extension() != ".py") {
            problems_.push_back(model::printable(file.string()) +
                                ": is compiled, and what it does can't be told; restore its source");
            continue;
        }
        const auto text = read_regular_file(file);
        if (!text) {
            problems_.push_back(text.error());
        } else if (const auto checked = check_django_package(*text); !checked) {
            report(file, checked.error().line, checked.error().message);
        }
    }
}

void Project::read(const fs::path& path, const std::string& app) {
    std::error_code ignored;
    const auto module = module_name(path.filename().string());
    const auto beside = path.parent_path() / module;
    // Of one name Python takes a package first, then machine code, then source, then bytecode.
    if (is_package(beside)) {
        problems_.push_back(model::printable(path.string()) + ": " + model::printable(beside.string()) +
                            " is a package of the same name, and Django takes neither for a migration; remove one");
        return;
    }
    if (path.extension() == ".pyc" && fs::exists(fs::path{beside} += ".py", ignored)) return;
    if (path.extension() != ".py") {
        problems_.push_back(model::printable(path.string()) +
                            ": is compiled, and Django takes it for a migration; remove it, or restore its source");
        return;
    }
    if (model::printable(module) != module) {
        problems_.push_back(model::printable(path.string()) + ": the name holds what does not print; rename it");
        return;
    }
    const auto text = read_regular_file(path);
    if (!text) {
        problems_.push_back(text.error());
        return;
    }
    auto migration = read_django_migration(*text);
    if (!migration) {
        unread_.insert(app);
        return report(path, migration.error().line, migration.error().message);
    }
    File file{path, app, module, std::move(*migration)};
    known_.insert(file.id());
    for (const auto& name : file.migration.replaces.list.names) known_.insert(id_of(name));
    files_.push_back(std::move(file));
}

// In full for the first of the problems.
std::string Project::other_way() {
    if (std::exchange(told_other_way_, true)) return std::string{kListIt} + " to --from -";
    return std::string{kListIt} + kWithSettings + kDjangoListing + kIntoBake;
}

// Once for each app.
void Project::report_app(const File& file, int line, const std::string& app, const std::string& what) {
    if (!reported_.insert(app).second) return;
    report(file.path, line,
           what + " app " + model::quoted(app) + ", of which no folder was given; give its folder too" +
               (told_other_way_ ? "" : ", or " + other_way()));
}

void Project::check_reference(const File& file, int line, const DjangoName& name, const std::string& what) {
    if (!apps_.contains(name.app)) return report_app(file, line, name.app, what);
    // What could not be read may be it, or replace it.
    if (is_whole_app(name) || known_.contains(id_of(name)) || unread_.contains(name.app)) return;
    report(file.path, line, what + " " + model::quoted(id_of(name)) + ", which is not there; restore its file");
}

bool is_user_model(const std::string& setting) {
    return setting == "settings.AUTH_USER_MODEL" || setting.ends_with(".settings.AUTH_USER_MODEL");
}

// Which app has such a model only the settings tell. The user model is mostly Django's own, and one of the project's
// builds upon that; of others there is not even a likely app.
void Project::check_swappable(const File& file, const DjangoField& field, const std::string& what) {
    for (const auto& setting : field.list.swappable) {
        if (is_user_model(setting) && !apps_.contains("auth")) {
            report_app(file, field.line, "auth", what);
        } else if (is_user_model(setting)) {
            if (!warnings_.empty()) continue;
            warnings_.push_back(model::printable(file.path.string()) + ":" + std::to_string(field.line) + ": " + what +
                                " the user model, which is taken for the one of app \"auth\"; if the project has a "
                                "user model of its own, give its app's folder too");
        } else if (reported_.insert("setting " + setting).second) {
            report(file.path, field.line,
                   what + " the model that " + model::quoted(setting) +
                       " names, and only the settings tell which app has it; " + other_way());
        }
    }
}

std::vector<gate::Item> Project::items() const {
    std::vector<gate::Item> items;
    for (const auto& file : files_) {
        gate::Item item{file.id()};
        for (const auto& name : file.migration.replaces.list.names) item.replaces.push_back(id_of(name));
        items.push_back(std::move(item));
    }
    return items;
}

// "__first__" and "__latest__": as Django has it, the first by name of those that build upon none of their app, or that
// none of it builds upon.
std::optional<std::string> Project::resolved(const DjangoName& name) const {
    if (!is_whole_app(name)) return id_of(name);
    std::set<std::string> wanted;
    std::set<std::string> others;
    for (const auto& file : files_) {
        if (file.app != name.app) continue;
        wanted.insert(file.id());
        for (const auto& lower : file.migration.dependencies.list.names) {
            if (lower.app == name.app && !is_whole_app(lower))
                others.insert(name.name == "__first__" ? file.id() : id_of(lower));
        }
    }
    for (const auto& id : others) wanted.erase(id);
    return wanted.empty() ? std::nullopt : std::optional{*wanted.begin()};
}

// What is replaced stands where its replacement does.
model::Parents Project::builds_upon(const std::vector<gate::Item>& items) const {
    const auto replacements = replacements_in(items);
    const auto place_of = [&](const std::string& id) { return final_replacement(id, replacements).value_or(id); };
    model::Parents parents;
    const auto link = [&](const std::string& upper, const std::string& lower) {
        const auto above = place_of(upper), below = place_of(lower);
        parents.try_emplace(below);
        if (above != below) parents[above].push_back(below);
    };
    for (const auto& file : files_) {
        parents.try_emplace(place_of(file.id()));
        for (const auto& name : file.migration.dependencies.list.names) {
            const bool own = is_whole_app(name) && name.app == file.app;  // which Django ignores
            if (const auto lower = own ? std::nullopt : resolved(name)) link(file.id(), *lower);
        }
        for (const auto& name : file.migration.run_before.list.names) {
            const bool own = is_whole_app(name) && name.app == file.app;
            if (const auto upper = own ? std::nullopt : resolved(name)) link(*upper, file.id());
        }
    }
    return parents;
}

// In the order of applying, as far as the dependencies tell one: squashes may go in circles until Django resolves them.
void sort_by(const model::Parents& parents, std::vector<gate::Item>& items) {
    const auto graph = model::RevisionGraph::make(parents);
    if (!graph) return;
    std::map<std::string, std::size_t> places;
    for (const auto& id : graph->in_order()) places.emplace(id, places.size());
    std::sort(items.begin(), items.end(),
              [&](const auto& a, const auto& b) { return places.at(a.id) < places.at(b.id); });
}

BakedOrProblems Project::bake() {
    for (const auto& file : files_) {
        check_references(file, file.migration.dependencies, "depends on");
        check_references(file, file.migration.run_before, "runs before");
    }
    if (!problems_.empty()) return tl::make_unexpected(problems_);
    auto all = items();
    auto parents = builds_upon(all);
    auto needs = required_of(std::move(all));
    if (!needs) return tl::make_unexpected(Problems{needs.error()});
    sort_by(parents, needs->items);
    return Baked{std::move(*needs), std::move(parents), std::move(warnings_)};
}

void Project::check_references(const File& file, const DjangoField& field, const std::string& what) {
    check_swappable(file, field, what);
    for (const auto& name : field.list.names) check_reference(file, field.line, name, what);
}

}  // namespace

BakedOrProblems bake_django(const std::vector<fs::path>& folders) {
    Project project;
    for (const auto& folder : folders) project.add(folder);
    return project.bake();
}

}  // namespace schemalatch::bake
