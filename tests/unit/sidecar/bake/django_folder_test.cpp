#include "sidecar/bake/django_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

std::string migration(const std::string& body = "pass") {
    return "from django.db import migrations\nclass Migration(migrations.Migration):\n    " + body + "\n";
}

// A project of apps, each with its package of migrations.
class Project {
public:
    // {"shop/0001_initial.py", "dependencies = []"}
    explicit Project(const std::map<std::string, std::string>& bodies) {
        for (const auto& [file, body] : bodies)
            add(file.substr(0, file.find('/')), file.substr(file.find('/') + 1), body);
    }

    void add(const std::string& app, const std::string& file, const std::string& body) const {
        write(app + "/migrations/__init__.py", "");
        write(app + "/migrations/" + file, migration(body));
    }

    void write(const std::string& file, const std::string& text) const {
        fs::create_directories(fs::path{scratch_.path(file)}.parent_path());
        scratch_.write(file, text);
    }

    std::string path(const std::string& name) const { return scratch_.path(name); }

    std::vector<fs::path> folders() const {
        std::vector<fs::path> folders;
        for (const auto& app : fs::directory_iterator{scratch_.folder()}) folders.push_back(app.path() / "migrations");
        std::sort(folders.begin(), folders.end());
        return folders;
    }

    // The required ids in their order, with what they replace: "shop.0002 (shop.0001)"; those that are not required
    // themselves behind "also"; or the problems, with {dir} for the folder.
    Lines bake() const { return bake(folders()); }
    Lines bake(const std::vector<fs::path>& folders) const {
        const auto baked = bake_django(folders);
        Lines lines;
        if (!baked) {
            for (auto line : baked.error()) {
                for (auto at = line.find(scratch_.folder()); at != std::string::npos; at = line.find(scratch_.folder()))
                    line.replace(at, scratch_.folder().size(), "{dir}");
                lines.push_back(line.substr(0, line.find(", or have Django list")));
            }
            return lines;
        }
        const auto& needs = std::get<gate::SetRequirement>(baked->needs);
        const auto tell = [&](const std::string& before, const gate::Item& item) {
            std::string replaced;
            for (const auto& id : item.replaces) replaced += (replaced.empty() ? "" : ",") + id;
            lines.push_back(before + item.id + (replaced.empty() ? "" : " (" + replaced + ")"));
        };
        for (const auto& item : needs.items) tell("", item);
        for (const auto& item : needs.others) tell("also ", item);
        return lines;
    }

private:
    support::Scratch scratch_;
};

// ---- What is required ---------------------------------------------------------------------------------------------

TEST_CASE("every migration of every app is required, what others build upon first", "[bake]") {
    const Project project{{{"shop/0001_initial.py", "dependencies = [('users', '0002_mail')]"},
                           {"shop/0002_price.py", "dependencies = [('shop', '0001_initial')]"},
                           {"users/0001_initial.py", "pass"},
                           {"users/0002_mail.py", "dependencies = [('users', '0001_initial')]"},
                           {"users/0003_late.py", "dependencies = [('shop', '0002_price'), ('users', '0002_mail')]"}}};
    CHECK(project.bake() ==
          Lines{"users.0001_initial", "users.0002_mail", "shop.0001_initial", "shop.0002_price", "users.0003_late"});
}

TEST_CASE("run_before puts a migration below another app's", "[bake]") {
    const Project project{{{"a/0001.py", "pass"}, {"b/0001.py", "run_before = [('a', '0001')]"}}};
    CHECK(project.bake() == Lines{"b.0001", "a.0001"});
}

TEST_CASE("the first and the latest of an app are those that Django takes", "[bake]") {
    const Project project{{{"a/0001.py", "dependencies = [('b', '__latest__')]"},
                           {"b/0001.py", "pass"},
                           {"b/0002.py", "dependencies = [('b', '0001')]"},
                           {"b/0003.py", "dependencies = [('b', '0002'), ('b', '__first__')]"}}};
    CHECK(project.bake() == Lines{"b.0001", "b.0002", "b.0003", "a.0001"});
    const auto baked = bake_django(project.folders());
    REQUIRE(baked);
    CHECK(baked->builds_upon.at("a.0001") == Lines{"b.0003"});
    const Project first{{{"a/0001.py", "dependencies = [('b', '__first__')]"},
                         {"b/0001.py", "pass"},
                         {"b/0002.py", "dependencies = [('b', '0001')]"}}};
    CHECK(bake_django(first.folders())->builds_upon.at("a.0001") == Lines{"b.0001"});
}

TEST_CASE("what a squash replaces is not required by itself", "[bake]") {
    const Project project{{{"shop/0001_a.py", "pass"},
                           {"shop/0002_b.py", "dependencies = [('shop', '0001_a')]"},
                           {"shop/0001_squashed.py", "replaces = [('shop', '0001_a'), ('shop', '0002_b')]"},
                           {"shop/0003_c.py", "dependencies = [('shop', '0002_b')]"}}};
    CHECK(project.bake() == Lines{"shop.0001_squashed (shop.0001_a,shop.0002_b)", "shop.0003_c"});
}

TEST_CASE("a squash stands for its files when they are gone", "[bake]") {
    const Project project{{{"shop/0001_squashed.py", "replaces = [('shop', '0001_a'), ('shop', '0002_b')]"},
                           {"shop/0003_c.py", "dependencies = [('shop', '0002_b')]"}}};
    CHECK(project.bake() == Lines{"shop.0001_squashed (shop.0001_a,shop.0002_b)", "shop.0003_c"});
}

TEST_CASE("a squash of a squash is told with what the inner one replaces", "[bake]") {
    const Project project{{{"shop/0001_a.py", "pass"},
                           {"shop/0001_inner.py", "replaces = [('shop', '0001_a')]"},
                           {"shop/0001_outer.py", "replaces = [('shop', '0001_inner')]"}}};
    CHECK(project.bake() == Lines{"shop.0001_outer (shop.0001_inner)", "also shop.0001_inner (shop.0001_a)"});
}

TEST_CASE("a squash may replace migrations of another app", "[bake]") {
    const Project project{{{"shop/0001.py", "replaces = [('oldshop', '0001'), ('oldshop', '0002')]"}}};
    CHECK(project.bake() == Lines{"shop.0001 (oldshop.0001,oldshop.0002)"});
}

TEST_CASE("the same project bakes the same, in whatever order its folders are given", "[bake]") {
    const Project project{
        {{"a/0001.py", "pass"}, {"b/0001.py", "pass"}, {"c/0001.py", "dependencies = [('a', '0001')]"}}};
    auto folders = project.folders();
    const auto expected = project.bake(folders);
    while (std::next_permutation(folders.begin(), folders.end())) CHECK(project.bake(folders) == expected);
}

// ---- Which files --------------------------------------------------------------------------------------------------

TEST_CASE("only what Django takes for a module of the package is read", "[bake]") {
    const Project project{{{"shop/0001_initial.py", "pass"}}};
    const auto folder = std::string{"shop/migrations/"};
    for (const auto* name : {"_helper.py", "__main__.py", "~0002.py", "0002.txt", "README", "0002.py.orig", "0002.b.py",
                             ".0002.py", "0002.sql", "__pycache__/0001_initial.cpython-311.pyc",
                             "0001_initial.cpython-311.pyc", "sub/0002.py", "0005_folder/readme.py"}) {
        project.write(folder + name, "not python (");
    }
    project.write(folder + "0003_package/__init__.py", migration());
    project.write(folder + "0001_initial.pyc", "");
    fs::create_directory(project.path(folder + "0004_folder.py"));
    CHECK(project.bake() == Lines{"shop.0001_initial"});
}

TEST_CASE("what Python would load in place of the source is a problem", "[bake]") {
    struct Row {
        std::string name;
        std::string problem;
    };
    const std::string compiled = ": is compiled, and Django takes it for a migration; remove it, or restore its source";
    const std::vector<Row> rows{
        {"0002_b.pyc", "0002_b.pyc" + compiled},
        {"0002_b.so", "0002_b.so" + compiled},
        {"0002_b.abi3.so", "0002_b.abi3.so" + compiled},
        {"0002_b.cpython-311-x86_64-linux-gnu.so", "0002_b.cpython-311-x86_64-linux-gnu.so" + compiled},
        {"0001_a.cpython-39-darwin.so", "0001_a.cpython-39-darwin.so" + compiled},
        {"0001_a.so", "0001_a.so" + compiled},
        {"0001_a/__init__.py",
         "0001_a.py: {dir}/shop/migrations/0001_a is a package of the same name, and Django takes neither for a "
         "migration; remove one"},
    };
    for (const auto& [name, problem] : rows) {
        const Project project{{{"shop/0001_a.py", "pass"}}};
        project.write("shop/migrations/" + name, "");
        CHECK(project.bake() == Lines{"{dir}/shop/migrations/" + problem});
    }
}

TEST_CASE("a folder without an __init__ is no package to Django", "[bake]") {
    const Project project{{{"shop/0001_a.py", "pass"}}};
    fs::remove(project.path("shop/migrations/__init__.py"));
    CHECK(project.bake() ==
          Lines{"{dir}/shop/migrations: has no __init__.py, so Django sees no migrations in it; add the "
                "file, or leave the folder out"});
}

TEST_CASE("a package is looked at, for it may lead to further folders of migrations", "[bake]") {
    const Project project{{{"shop/0001_a.py", "pass"}}};
    const std::string file = "shop/migrations/__init__.py";
    for (const auto* text : {"", "# __path__\n", "\"\"\"Of __path__.\"\"\"\nimport os\nfrom . import a as b\n"}) {
        project.write(file, text);
        CHECK(project.bake() == Lines{"shop.0001_a"});
    }
    project.write(file, "import os\n\n__path__.append('/elsewhere')\n");
    const std::string said =
        "__path__ tells Django where to look for migrations, and may be changed here; take that line away, or list all "
        "migrations to --from -";
    CHECK(project.bake() == Lines{"{dir}/" + file + ":3: " + said});
    project.write(file, "from common import *\n");
    CHECK(project.bake() == Lines{"{dir}/" + file + ":1: \"import *\" may set any variable; import names one by one"});
    project.write(file, "");
    project.write("shop/migrations/__init__.pyc", "");
    CHECK(project.bake() == Lines{"shop.0001_a"});
    for (const auto* name : {"shop/migrations/__init__.abi3.so", "shop/migrations/__init__.pyc"}) {
        project.write(name, "");
        if (std::string{name}.ends_with(".pyc")) fs::remove(project.path(file));
        CHECK(project.bake() == Lines{"{dir}/" + std::string{name} +
                                      ": is compiled, and what it does can't be told; restore its source"});
        fs::remove(project.path(name));
    }
}

TEST_CASE("of an app of which not all could be read nothing is told to be missing", "[bake]") {
    const Project project{{{"shop/0001.py", "dependencies = list()"},
                           {"shop/0002.py", "dependencies = [('shop', '0001'), ('users', '0009')]"},
                           {"users/0001.py", "pass"}}};
    const auto problems = project.bake();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].starts_with("{dir}/shop/migrations/0001.py:3: dependencies \"list()\" is computed"));
    CHECK(problems[1] ==
          "{dir}/shop/migrations/0002.py:3: depends on \"users.0009\", which is not there; restore its file");
}

TEST_CASE("a module whose name does not print is refused, and never told as it is", "[bake]") {
    const Project project{{{"shop/0001_\x1b[31m.py", "pass"}, {"shop/0002_\xFF.py", "pass"}}};
    CHECK(project.bake() ==
          Lines{"{dir}/shop/migrations/0001_\\x1b[31m.py: the name holds what does not print; rename it",
                "{dir}/shop/migrations/0002_\\xff.py: the name holds what does not print; rename it"});
}

TEST_CASE("a package of migrations without one is a problem", "[bake]") {
    const Project project{{}};
    project.write("shop/migrations/__init__.py", "");
    CHECK(project.bake() ==
          Lines{"{dir}/shop/migrations: no migration lies here; give the folder with the migrations of an app"});
    CHECK(project.bake({"/nowhere/migrations"}) ==
          Lines{"/nowhere/migrations: folder cannot be read (No such file or directory); check the path and its "
                "permissions"});
}

// ---- Labels -------------------------------------------------------------------------------------------------------

TEST_CASE("the label is the folder's name, that of apps.py, or the one that is given", "[bake]") {
    const Project project{{{"shop/0001.py", "pass"}}};
    CHECK(project.bake() == Lines{"shop.0001"});
    CHECK(project.bake({project.path("shop/migrations/")}) == Lines{"shop.0001"});
    project.write("shop/apps.py", "from django.apps import AppConfig\nclass A(AppConfig):\n    label = 'store'\n");
    CHECK(project.bake() == Lines{"store.0001"});
    CHECK(project.bake({"given=" + project.path("shop/migrations")}) == Lines{"given.0001"});
    project.write("shop/apps.py", "class A(B):\n    pass\n");
    CHECK(project.bake() == Lines{"{dir}/shop/apps.py:1: what the app's label is can't be told for sure; name it with "
                                  "--from LABEL=FOLDER"});
    CHECK(project.bake({"given=" + project.path("shop/migrations")}) == Lines{"given.0001"});
}

TEST_CASE("a label that Django would not take is refused", "[bake]") {
    const Project project{{{"shop/0001.py", "pass"}}};
    for (const auto* label : {"", "a.b", "a b", "a/b", "a\x1b"}) {
        const auto problems = project.bake({label + ("=" + project.path("shop/migrations"))});
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].ends_with("is no app's label; write LABEL=FOLDER with the one that the app has"));
    }
}

TEST_CASE("a folder with another name needs a label, and one with = in its name none", "[bake]") {
    const Project project{{{"shop/0001.py", "pass"}, {"a=b/0001.py", "pass"}}};
    fs::rename(project.path("shop/migrations"), project.path("shop/moved"));
    CHECK(project.bake({project.path("shop/moved")}) ==
          Lines{"{dir}/shop/moved: which app these migrations are of can't be told from the folder's name; write "
                "LABEL={dir}/shop/moved"});
    CHECK(project.bake({"shop=" + project.path("shop/moved")}) == Lines{"shop.0001"});
    CHECK(project.bake({project.path("a=b/migrations")}) == Lines{"a=b.0001"});
}

TEST_CASE("an app that is given twice is read once", "[bake]") {
    const Project project{{{"shop/0001.py", "pass"}}};
    const auto folder = project.path("shop/migrations");
    CHECK(project.bake({folder, folder + "/", "shop=" + project.path("shop/../shop/migrations")}) ==
          Lines{"shop.0001"});
}

TEST_CASE("two folders of one label are a problem", "[bake]") {
    const Project project{{{"shop/0001.py", "pass"}, {"store/0001.py", "pass"}}};
    CHECK(project.bake({project.path("shop/migrations"), "shop=" + project.path("store/migrations")}) ==
          Lines{"{dir}/store/migrations: app \"shop\" is also in {dir}/shop/migrations; leave one of the two out"});
}

// ---- What is not there --------------------------------------------------------------------------------------------

TEST_CASE("an app that a migration needs and that nobody gave is told once, with the other way first", "[bake]") {
    const Project project{
        {{"shop/0001.py", "dependencies = [('auth', '0001'), ('auth', '0002'), ('sites', '__first__')]"},
         {"shop/0002.py", "dependencies = [('auth', '0003')]; run_before = [('crm', '0001')]"}}};
    CHECK(
        project.bake() ==
        Lines{
            "{dir}/shop/migrations/0001.py:3: depends on app \"auth\", of which no folder was given; give its folder "
            "too",
            "{dir}/shop/migrations/0001.py:3: depends on app \"sites\", of which no folder was given; give its folder "
            "too",
            "{dir}/shop/migrations/0002.py:3: runs before app \"crm\", of which no folder was given; give its folder "
            "too"});
    const auto baked = bake_django(project.folders());
    REQUIRE_FALSE(baked);
    CHECK(baked.error()[0].find(kDjangoListing) != std::string::npos);
    CHECK(baked.error()[0].ends_with(" | schemalatch bake --tool django --from -"));
    CHECK(baked.error()[1].find(kDjangoListing) == std::string::npos);
}

TEST_CASE("a dependency on the user model counts as one on auth", "[bake]") {
    const std::map<std::string, std::string> shop{
        {"shop/0001.py", "dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]"}};
    CHECK(
        Project{shop}.bake() ==
        Lines{"{dir}/shop/migrations/0001.py:3: depends on app \"auth\", of which no folder was given; give its folder "
              "too"});
    auto with_auth = shop;
    with_auth.emplace("auth/0001.py", "pass");
    CHECK(Project{with_auth}.bake() == Lines{"auth.0001", "shop.0001"});
}

TEST_CASE("whether the user model is the project's own cannot be told, and is warned of once", "[bake]") {
    const std::string swappable = "dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]";
    const Project project{{{"auth/0001.py", "pass"},
                           {"billing/0001.py", "dependencies = [('auth', '0001')]"},
                           {"shop/0001.py", swappable},
                           {"shop/0002.py", "run_before" + swappable.substr(swappable.find(' '))}}};
    const auto baked = bake_django(project.folders());
    REQUIRE(baked);
    CHECK(baked->warnings ==
          Lines{project.path("shop/migrations/0001.py") +
                ":3: depends on the user model, which is taken for the one of app \"auth\"; if the project has a user "
                "model of its own, give its app's folder too"});
    const Project named{{{"people/0001.py", "pass"},
                         {"shop/0001.py", "dependencies = [migrations.swappable_dependency('people.User')]"}}};
    CHECK(bake_django(named.folders())->warnings.empty());
}

TEST_CASE("a model that another setting names is refused, once for each setting", "[bake]") {
    const std::string before = "dependencies = [migrations.swappable_dependency(";
    const Project project{{{"auth/0001.py", "pass"},
                           {"shop/0001.py", before + "settings.STOCK_MODEL)]"},
                           {"shop/0002.py", before + "settings.STOCK_MODEL)]"},
                           {"shop/0003.py", before + "own_settings.PAGE_MODEL)]"},
                           {"shop/0004.py", before + "AUTH_USER_MODEL)]"}}};
    const std::string said = " names, and only the settings tell which app has it; have Django list all its migrations";
    const auto with_settings = ", with DJANGO_SETTINGS_MODULE set: " + std::string{kDjangoListing} +
                               " | schemalatch bake --tool django --from -";
    CHECK(project.bake() ==
          Lines{"{dir}/shop/migrations/0001.py:3: depends on the model that \"settings.STOCK_MODEL\"" + said +
                    with_settings,
                "{dir}/shop/migrations/0003.py:3: depends on the model that \"own_settings.PAGE_MODEL\"" + said +
                    " to --from -",
                "{dir}/shop/migrations/0004.py:3: depends on the model that \"AUTH_USER_MODEL\"" + said +
                    " to --from -"});
}

TEST_CASE("a migration that is not there is told by whoever names it", "[bake]") {
    const Project project{
        {{"shop/0002.py", "dependencies = [('shop', '0001')]"}, {"shop/0003.py", "run_before = [('shop', '0009')]"}}};
    CHECK(project.bake() ==
          Lines{"{dir}/shop/migrations/0002.py:3: depends on \"shop.0001\", which is not there; restore its file",
                "{dir}/shop/migrations/0003.py:3: runs before \"shop.0009\", which is not there; restore its file"});
}

}  // namespace
}  // namespace schemalatch::bake
