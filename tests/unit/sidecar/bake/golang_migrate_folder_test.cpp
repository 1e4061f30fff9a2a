#include "sidecar/bake/golang_migrate_folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

// The steps and, after ">=", what is required; or the problems, with {dir} for the folder.
Lines baked(const Lines& names) {
    support::Scratch scratch;
    for (const auto& name : names) scratch.write(name, "");
    const auto requirement = bake_golang_migrate({scratch.folder()});
    Lines lines;
    if (!requirement) {
        lines = requirement.error();
        for (auto& line : lines) {
            for (auto at = line.find(scratch.folder()); at != std::string::npos; at = line.find(scratch.folder())) {
                line.replace(at, scratch.folder().size(), "{dir}");
            }
        }
        return lines;
    }
    const auto& needs = std::get<gate::NumberRequirement>(requirement->needs);
    for (const auto& step : needs.steps) lines.push_back(step.text());
    lines.push_back(">=" + needs.at_least.text());
    return lines;
}

TEST_CASE("the highest up file is required, and all of them are steps in the order of their numbers", "[bake]") {
    CHECK(baked({"10_c.up.sql", "0002_b.up.sql", "1_a.up.sql", "1_a.down.sql", "11_d.down.sql"}) ==
          Lines{"1", "2", "10", ">=10"});
    CHECK(baked({"20240101000000_a.up.sql", "18446744073709551615_b.up.sql"}) ==
          Lines{"20240101000000", "18446744073709551615", ">=18446744073709551615"});
}

TEST_CASE("only names that golang-migrate takes are taken", "[bake]") {
    CHECK(baked({"1_a.up.sql", "2.up.sql", "3_b.sql", "x4_c.up.sql", "5-d.up.sql", "_e.up.sql", "6_f.UP.sql", "7_g.up",
                 "8_h.up.sql\nx", "README"}) == Lines{"1", ">=1"});
    CHECK(baked({"1_.up.", "2_a.b_c.up.json", "3_up.up.sql", "0_a.up.sql"}) == Lines{"0", "1", "2", "3", ">=3"});
}

TEST_CASE("the last direction in a name counts", "[bake]") {
    CHECK(baked({"1_a.up.sql", "2_b.up.down.sql", "3_c.down.up.sql", "4_d.up.x.down.sql"}) == Lines{"1", "3", ">=3"});
}

TEST_CASE("two up files of one number are a problem", "[bake]") {
    CHECK(baked({"1_a.up.sql", "001_b.up.sql"}) ==
          Lines{"{dir}/1_a.up.sql: number 1 is also in {dir}/001_b.up.sql; renumber one"});
}

TEST_CASE("a number that golang-migrate cannot hold is a problem", "[bake]") {
    CHECK(baked({"18446744073709551616_a.up.sql", "1_b.up.sql"}) ==
          Lines{"{dir}/18446744073709551616_a.up.sql: number 18446744073709551616 is above 18446744073709551615, so "
                "golang-migrate skips the file; rename it"});
}

TEST_CASE("a folder without an up file is a problem", "[bake]") {
    CHECK(baked({"1_a.down.sql"}) ==
          Lines{"{dir}: no file like 1_title.up.sql lies here; give the folder of the migrations"});
    const auto requirement = bake_golang_migrate({"/nowhere"});
    REQUIRE_FALSE(requirement);
    CHECK(requirement.error() ==
          Problems{"/nowhere: folder cannot be read (No such file or directory); check the path and its permissions"});
}

TEST_CASE("what is no file, under the name of a migration, is a problem", "[bake]") {
    support::Scratch scratch;
    scratch.write("1_a.up.sql", "");
    fs::create_symlink("gone", scratch.path("2_b.up.sql"));
    fs::create_symlink("gone", scratch.path("2_b.down.sql"));
    REQUIRE(mkfifo(scratch.path("3_c.up.sql").c_str(), 0600) == 0);
    const auto requirement = bake_golang_migrate({scratch.folder()});
    REQUIRE_FALSE(requirement);
    CHECK(requirement.error() == Problems{scratch.path("2_b.up.sql") + ": leads nowhere; mend the link, or remove it",
                                          scratch.path("3_c.up.sql") + ": not a regular file; remove or rename it"});
}

TEST_CASE("a folder of golang-migrate that is given twice is read once", "[bake]") {
    support::Scratch scratch;
    scratch.write("1_a.up.sql", "");
    const auto requirement = bake_golang_migrate({scratch.folder(), scratch.folder() + "/."});
    REQUIRE(requirement);
    CHECK(std::get<gate::NumberRequirement>(requirement->needs).steps.size() == 1);
}

TEST_CASE("a folder is no migration, whatever its name", "[bake]") {
    support::Scratch scratch;
    scratch.write("1_a.up.sql", "");
    fs::create_directory(scratch.path("2_b.up.d"));
    const auto requirement = bake_golang_migrate({scratch.folder()});
    REQUIRE(requirement);
    CHECK(std::get<gate::NumberRequirement>(requirement->needs).at_least.text() == "1");
}

}  // namespace
}  // namespace schemalatch::bake
