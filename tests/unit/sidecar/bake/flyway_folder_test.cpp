#include "sidecar/bake/flyway_folder.h"

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

void write(const support::Scratch& scratch, const Lines& names) {
    for (const auto& name : names) {
        fs::create_directories(fs::path{scratch.path(name)}.parent_path());
        scratch.write(name, "");
    }
}

// What is required, a baseline as "5 (baseline)"; or the problems, with {dir} for the folder.
Lines baked(const support::Scratch& scratch, const std::vector<fs::path>& folders) {
    const auto requirement = bake_flyway(folders);
    Lines lines;
    if (!requirement) {
        for (auto line : requirement.error()) {
            for (auto at = line.find(scratch.folder()); at != std::string::npos; at = line.find(scratch.folder()))
                line.replace(at, scratch.folder().size(), "{dir}");
            lines.push_back(line);
        }
        return lines;
    }
    const auto& needs = std::get<gate::SetRequirement>(requirement->needs);
    CHECK(needs.whole);
    CHECK(needs.others.empty());
    for (const auto& item : needs.items) lines.push_back(item.id + (item.baseline ? " (baseline)" : ""));
    return lines;
}

Lines baked(const Lines& names) {
    const support::Scratch scratch;
    write(scratch, names);
    return baked(scratch, {scratch.folder()});
}

TEST_CASE("versions are required in their order, then what is repeated", "[bake]") {
    CHECK(baked({"V10__c.sql", "V2__b.sql", "V1.10__y.sql", "V1_9__x.sql", "V01__a.sql", "R__z.sql", "R__a b.sql"}) ==
          Lines{"01", "1.9", "1.10", "2", "10", "R__a_b", "R__z"});
}

TEST_CASE("folders below a location are searched, hidden ones are not", "[bake]") {
    CHECK(baked({"V1__a.sql", "2026/11/V2__b.sql", "2026/R__c.sql", ".git/V3__d.sql", "2026/.old/V4__e.sql"}) ==
          Lines{"1", "2", "R__c"});
}

TEST_CASE("links are followed, also where they lead in a circle", "[bake]") {
    const support::Scratch scratch;
    write(scratch, {"db/V1__a.sql", "elsewhere/V2__b.sql", "files/three.sql"});
    fs::create_directory_symlink("../elsewhere", scratch.path("db/linked"));
    fs::create_directory_symlink("..", scratch.path("elsewhere/up"));
    fs::create_symlink("../files/three.sql", scratch.path("db/V3__c.sql"));
    fs::create_symlink("nowhere", scratch.path("db/dangling"));
    CHECK(baked(scratch, {scratch.path("db")}) == Lines{"1", "2", "3"});
}

TEST_CASE("a location within another one adds nothing", "[bake]") {
    const support::Scratch scratch;
    write(scratch, {"db/V1__a.sql", "db/more/V2__b.sql"});
    CHECK(baked(scratch, {scratch.path("db"), scratch.path("db/more"), scratch.path("db/")}) == Lines{"1", "2"});
}

TEST_CASE("a folder is no migration to flyway, whatever its name", "[bake]") {
    const support::Scratch scratch;
    write(scratch, {"V1__a.sql", "V2__b.sql/README"});
    CHECK(baked(scratch, {scratch.folder()}) == Lines{"1"});
}

TEST_CASE("a baseline migration is required only where the versions that it sums up are gone", "[bake]") {
    struct Row {
        Lines names;
        Lines expected;
    };
    const std::vector<Row> rows{
        {{"B5__base.sql", "V6__f.sql"}, {"5 (baseline)", "6"}},
        {{"B5__base.sql"}, {"5 (baseline)"}},
        {{"B5__base.sql", "V4__d.sql", "V6__f.sql"}, {"4", "6"}},
        {{"B5__base.sql", "V5.0__e.sql"}, {"5.0"}},
        {{"B5__base.sql", "B7__base.sql", "V8__h.sql"}, {"7 (baseline)", "8"}},
        {{"B5__base.sql", "B7__base.sql", "V6__f.sql"}, {"6"}},
        {{"B10__base.sql", "B9__base.sql"}, {"10 (baseline)"}},
        {{"B5__base.sql", "R__a.sql"}, {"5 (baseline)", "R__a"}},
    };
    for (const auto& [names, expected] : rows) CHECK(baked(names) == expected);
}

TEST_CASE("two files of one version or title are a problem", "[bake]") {
    CHECK(baked({"V1__a.sql", "V1.0__b.sql", "V01_0__c.sh"}) ==
          Lines{"{dir}/V1.0__b.sql: version \"1.0\" is also in {dir}/V01_0__c.sh; rename one",
                "{dir}/V1__a.sql: version \"1\" is also in {dir}/V01_0__c.sh; rename one"});
    CHECK(baked({"R__a_b.sql", "more/R__a b.sql"}) ==
          Lines{"{dir}/more/R__a b.sql: description \"R__a_b\" is also in {dir}/R__a_b.sql; rename one"});
    CHECK(baked({"B1__a.sql", "B1.0__b.sql"}).size() == 1);
    CHECK(baked({"B1__a.sql", "V1__a.sql", "R__1.sql"}) == Lines{"1", "R__1"});
}

TEST_CASE("a title longer than flyway keeps is a problem for a repeatable alone", "[bake]") {
    CHECK(baked({"R__" + std::string(200, 'a') + ".sql"}) == Lines{"R__" + std::string(200, 'a')});
    CHECK(baked({"V1__" + std::string(201, 'a') + ".sql"}) == Lines{"1"});
    CHECK(baked({"R__" + std::string(201, 'a') + ".sql"}) ==
          Lines{"{dir}/R__" + std::string(201, 'a') +
                ".sql: the description is longer than the 200 bytes that flyway records; shorten it"});
}

TEST_CASE("a name that does not print is refused, and never told as it is", "[bake]") {
    CHECK(baked({"R__\x1b]0;owned\a.sql"}) ==
          Lines{"{dir}/R__\\x1b]0;owned\\x07.sql: the name holds what does not print; rename it"});
    CHECK(baked({"R__a\nb.sql"}) == Lines{"{dir}/R__a\\x0ab.sql: the name holds what does not print; rename it"});
    CHECK(baked({"R__\xFF\xFE.sql"}) ==
          Lines{"{dir}/R__\\xff\\xfe.sql: the name holds what does not print; rename it"});
    CHECK(baked({"V1_\x1b[31m.sql"}) ==
          Lines{"{dir}/V1_\\x1b[31m.sql: flyway passes over such a name; rename it to V1__title.sql, R__title.sql or "
                "the like"});
    CHECK(baked({"V1__\x1b[31m\xFF.sql"}) == Lines{"1"});
    CHECK(baked({"R__it's \"quoted\".sql"}) == Lines{"R__it's_\"quoted\""});
}

TEST_CASE("a location that is given twice is read once", "[bake]") {
    const support::Scratch scratch;
    write(scratch, {"db/V1__a.sql"});
    CHECK(baked(scratch, {scratch.path("db"), scratch.path("db/../db")}) == Lines{"1"});
    write(scratch, {"db/V1.0__a.sql"});
    CHECK(baked(scratch, {scratch.path("db"), scratch.path("db")}).size() == 1);
}

TEST_CASE("a location without a migration is a problem", "[bake]") {
    CHECK(
        baked({"U1__a.sql", "afterMigrate.sql", "V1__A.java"}) ==
        Lines{"{dir}: no file like V1__title.sql lies here; give a location of the migrations. Migrations in Java have "
              "no such files: list all versions to --from -"});
    const support::Scratch scratch;
    CHECK(baked(scratch, {"/nowhere"}) ==
          Lines{"/nowhere: folder cannot be read (No such file or directory); check the path and its permissions"});
}

TEST_CASE("ten thousand files are read in a moment", "[bake][large]") {
    Lines names;
    for (int i = 0; i < 10'000; ++i)
        names.push_back(std::to_string(i / 1000) + "/V" + std::to_string(i) + "__title_" + std::to_string(i) + ".sql");
    const auto required = baked(names);
    REQUIRE(required.size() == names.size());
    CHECK(required.front() == "0");
    CHECK(required.back() == "9999");
}

}  // namespace
}  // namespace schemalatch::bake
