#include "sidecar/bake/alembic_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

using Ids = std::vector<std::string>;

// A versions folder for one test.
class Versions {
public:
    // `down` and `more` are source text: "'a'", "depends_on = 'b'".
    Versions& add(const std::string& id, const std::string& down, const std::string& more = "") {
        scratch_.write(id + "_.py", "revision = '" + id + "'\ndown_revision = " + down + "\n" + more + "\n");
        return *this;
    }
    Versions& write(const std::string& name, const std::string& text) {
        scratch_.write(name, text);
        return *this;
    }

    std::string folder() const { return scratch_.folder(); }
    std::string path(const std::string& name) const { return scratch_.path(name); }

private:
    support::Scratch scratch_;
};

gate::GraphRequirement baked(const std::vector<fs::path>& folders) {
    const auto requirement = bake_alembic(folders);
    if (!requirement) FAIL(requirement.error().front());
    return std::get<gate::GraphRequirement>(requirement->needs);
}

// The problems, with {dir} for the folder.
Problems problems_of(const Versions& versions) {
    const auto requirement = bake_alembic({versions.folder()});
    if (requirement) return {"no problem"};
    Problems problems = requirement.error();
    for (auto& problem : problems) {
        for (auto at = problem.find(versions.folder()); at != std::string::npos; at = problem.find(versions.folder())) {
            problem.replace(at, versions.folder().size(), "{dir}");
        }
    }
    return problems;
}

TEST_CASE("a line of revisions requires its last one", "[bake]") {
    Versions versions;
    versions.add("a", "None").add("b", "'a'").add("c", "'b'");
    const auto needs = baked({versions.folder()});
    CHECK(needs.revisions == Ids{"c"});
    CHECK(needs.ancestry->parents() == model::Parents{{"a", {}}, {"b", {"a"}}, {"c", {"b"}}});
}

TEST_CASE("all heads are required, also one that another revision depends on", "[bake]") {
    Versions versions;
    versions.add("a", "None").add("z", "'a'").add("b", "'a'", "depends_on = 'z'");
    const auto needs = baked({versions.folder()});
    CHECK(needs.revisions == Ids{"b", "z"});
    CHECK(needs.ancestry->parents().at("b") == Ids{"a", "z"});
}

TEST_CASE("a merge builds upon all its parents, each told once", "[bake]") {
    Versions versions;
    versions.add("a", "None").add("b", "None").add("m", "('b', 'a', 'b')", "depends_on = ['a']");
    const auto needs = baked({versions.folder()});
    CHECK(needs.revisions == Ids{"m"});
    CHECK(needs.ancestry->parents().at("m") == Ids{"b", "a"});
}

TEST_CASE("a branch label stands for the revision that declares it", "[bake]") {
    Versions versions;
    versions.add("a", "None", "branch_labels = ('shop', 'store')")
        .add("b", "'a'")
        .add("c", "None", "depends_on = 'store'");
    CHECK(baked({versions.folder()}).ancestry->parents().at("c") == Ids{"a"});
}

TEST_CASE("several folders are one project", "[bake]") {
    Versions versions;
    Versions plugins;
    versions.add("a", "None");
    plugins.add("b", "'a'");
    CHECK(baked({versions.folder(), plugins.folder()}).revisions == Ids{"b"});
}

TEST_CASE("a file that is met twice counts once", "[bake]") {
    Versions versions;
    Versions links;
    versions.add("a", "None");
    fs::create_symlink(versions.path("a_.py"), links.path("a_.py"));
    CHECK(baked({versions.folder(), versions.folder(), links.folder()}).revisions == Ids{"a"});
}

TEST_CASE("files that Alembic skips are skipped", "[bake]") {
    Versions versions;
    versions.add("a", "None");
    for (const std::string name : {"__init__.py", "__init__x.py", ".#a.py", "a.pyc", "README", "a.py~", "b.PY"}) {
        versions.write(name, "not Python (");
    }
    fs::create_directory(versions.path("__pycache__"));
    fs::create_directory(versions.path("nested"));
    versions.write("nested/b.py", "not Python (");
    CHECK(baked({versions.folder()}).revisions == Ids{"a"});
}

TEST_CASE("an id that two files claim is a problem", "[bake]") {
    Versions versions;
    versions.add("a", "None").write("b.py", "\nrevision = 'a'\ndown_revision = None\n");
    CHECK(problems_of(versions) ==
          Problems{"{dir}/b.py:2: revision \"a\" is also in {dir}/a_.py; remove one of the two"});
}

TEST_CASE("a revision that is not there is a problem", "[bake]") {
    Versions versions;
    versions.add("b", "'a'").add("c", "None", "depends_on = ('b', 'x')");
    CHECK(problems_of(versions) ==
          Problems{
              "{dir}/b_.py:2: down_revision \"a\" is not there; restore its file, or give its folder too",
              "{dir}/c_.py:3: depends_on \"x\" is neither a revision nor a branch label; restore its file, or give its "
              "folder too"});
}

TEST_CASE("the start of an id does not stand for it", "[bake]") {
    Versions versions;
    versions.add("abcdef", "None").add("b", "'abcd'");
    CHECK(problems_of(versions) ==
          Problems{"{dir}/b_.py:2: down_revision \"abcd\" is not there; restore its file, or give its folder too"});
}

TEST_CASE("a down_revision must be an id", "[bake]") {
    Versions versions;
    versions.add("a", "None", "branch_labels = 'shop'").add("b", "'shop'");
    CHECK(problems_of(versions) ==
          Problems{"{dir}/b_.py:2: down_revision \"shop\" is a branch label; write a revision's id"});
}

TEST_CASE("a branch label is used once, and is no id", "[bake]") {
    Versions versions;
    versions.add("a", "None", "branch_labels = 'shop'")
        .add("b", "None", "branch_labels = ('a', 'shop')")
        .add("c", "None", "branch_labels = ('twice', 'twice')");
    CHECK(problems_of(versions) ==
          Problems{"{dir}/b_.py:3: branch label \"a\" is already used by revision \"a\"; choose another label",
                   "{dir}/b_.py:3: branch label \"shop\" is already used by revision \"a\"; choose another label",
                   "{dir}/c_.py:3: branch label \"twice\" is already used by revision \"c\"; choose another label"});
}

TEST_CASE("revisions that are their own ancestors are a problem", "[bake]") {
    Versions by_down_revision;
    by_down_revision.add("a", "'c'").add("b", "'a'").add("c", "'b'").add("d", "None");
    CHECK(
        problems_of(by_down_revision) ==
        Problems{
            "{dir}/a_.py:2: revision \"a\" is its own ancestor (a, c, b, a); correct one down_revision or depends_on"});
    Versions by_dependency;
    by_dependency.add("a", "None", "depends_on = 'b'").add("b", "'a'");
    CHECK(problems_of(by_dependency) ==
          Problems{
              "{dir}/a_.py:3: revision \"a\" is its own ancestor (a, b, a); correct one down_revision or depends_on"});
    Versions by_own_label;
    by_own_label.add("a", "None", "depends_on = 'shop'; branch_labels = 'shop'");
    CHECK(
        problems_of(by_own_label) ==
        Problems{"{dir}/a_.py:3: revision \"a\" is its own ancestor (a, a); correct one down_revision or depends_on"});
}

TEST_CASE("all problems are told, but none that another one may cause", "[bake]") {
    Versions versions;
    versions.write("a.py", "revision = 'a'\n").write("b.py", "revision = x\ndown_revision = 'a'\n").add("c", "'a'");
    CHECK(problems_of(versions) == Problems{"{dir}/a.py:1: down_revision is not assigned; assign the id of the "
                                            "revision before, or None for a first one",
                                            "{dir}/b.py:1: revision \"x\" is computed; write the id as a string"});
}

TEST_CASE("a folder without a migration is a problem", "[bake]") {
    Versions versions;
    versions.write("__init__.py", "");
    CHECK(problems_of(versions) ==
          Problems{"{dir}: no migration lies here; give the versions folder of the Alembic project"});
    versions.write("env.py", "");
    CHECK(problems_of(versions) ==
          Problems{"{dir}: \"env.py\" lies here, so this is the script folder; give the versions "
                   "folder, most likely \"{dir}/versions\""});
    CHECK(bake_alembic_files({}).error() == Problems{"no migration to bake; give the files"});
}

TEST_CASE("a folder that cannot be read is a problem, beside the others", "[bake]") {
    Versions versions;
    const auto missing = versions.path("missing");
    const auto requirement = bake_alembic({missing, versions.folder()});
    REQUIRE_FALSE(requirement);
    CHECK(requirement.error() ==
          Problems{missing + ": folder cannot be read (No such file or directory); check the path and its permissions",
                   versions.folder() + ": no migration lies here; give the versions folder of the Alembic project"});
}

TEST_CASE("what is no readable file is a problem, and is not waited for", "[bake]") {
    Versions versions;
    fs::create_directory(versions.path("a.py"));
    REQUIRE(mkfifo(versions.path("b.py").c_str(), 0600) == 0);
    fs::create_symlink("nowhere", versions.path("c.py"));
    CHECK(problems_of(versions) == Problems{"{dir}/a.py: not a regular file; remove or rename it",
                                            "{dir}/b.py: not a regular file; remove or rename it",
                                            "{dir}/c.py: No such file or directory; repair or remove it"});
}

}  // namespace
}  // namespace schemalatch::bake
