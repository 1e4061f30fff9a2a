#include "sidecar/bake/folder.h"

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a folder is listed by name, with all that is wanted, whatever it is", "[bake]") {
    const support::Scratch scratch;
    for (const auto* name : {"b.py", "a.py", "c.txt"}) scratch.write(name, "");
    fs::create_directory(scratch.path("d.py"));
    const auto found = list_folder(scratch.folder(), [](const std::string& name) { return name.ends_with(".py"); });
    REQUIRE(found);
    CHECK(*found == std::vector<fs::path>{scratch.path("a.py"), scratch.path("b.py"), scratch.path("d.py")});
}

bool is_any(const std::string&) { return true; }
bool is_sql(const std::string& name) { return name.ends_with(".sql"); }

TEST_CASE("files below a folder are listed by path, each real folder once", "[bake]") {
    const support::Scratch scratch;
    fs::create_directories(scratch.path("b/c"));
    fs::create_directories(scratch.path(".hidden"));
    for (const auto* name : {"z", "b/y", "b/c/x", ".hidden/w", ".v"}) scratch.write(name, "");
    fs::create_directory_symlink(".", scratch.path("b/self"));
    const auto found = list_files_below(scratch.folder(), is_any);
    REQUIRE(found);
    CHECK(*found ==
          std::vector<fs::path>{scratch.path(".v"), scratch.path("b/c/x"), scratch.path("b/y"), scratch.path("z")});
}

TEST_CASE("what has a wanted name and is no regular file is a problem, and of another name it is passed over",
          "[bake]") {
    const support::Scratch scratch;
    fs::create_directories(scratch.path("sub/d.sql"));
    scratch.write("sub/d.sql/e.sql", "");
    for (const auto* ending : {"", ".sql"}) {
        fs::create_symlink("gone", scratch.path(std::string{"dangling"} + ending));
        fs::create_symlink(std::string{"loop"} + ending, scratch.path(std::string{"loop"} + ending));
        REQUIRE(mkfifo(scratch.path(std::string{"sub/pipe"} + ending).c_str(), 0600) == 0);
    }
    const auto found = list_files_below(scratch.folder(), is_sql);
    REQUIRE_FALSE(found);
    CHECK(found.error() ==
          std::vector<std::string>{scratch.path("dangling.sql") + ": leads nowhere; mend the link, or remove it",
                                   scratch.path("loop.sql") + ": leads nowhere; mend the link, or remove it",
                                   scratch.path("sub/pipe.sql") + ": not a regular file; remove or rename it"});
    for (const auto* name : {"dangling.sql", "loop.sql", "sub/pipe.sql"}) fs::remove(scratch.path(name));
    CHECK(list_files_below(scratch.folder(), is_sql) == std::vector<fs::path>{scratch.path("sub/d.sql/e.sql")});
}

TEST_CASE("what is no folder is told with its path, fit to print", "[bake]") {
    const support::Scratch scratch;
    const auto file = scratch.write("a\x1b.sql", "");
    const auto all = [](const std::string&) { return true; };
    for (const auto& problem : {list_folder(file, all).error(), list_files_below(file, is_any).error().at(0)}) {
        CHECK(problem ==
              scratch.folder() +
                  "/a\\x1b.sql: folder cannot be read (Not a directory); check the path and its permissions");
    }
}

TEST_CASE("a folder that is given twice is one folder, however it is spelled", "[bake]") {
    const support::Scratch scratch;
    for (const auto* name : {"a", "b"}) fs::create_directory(scratch.path(name));
    fs::create_directory_symlink("a", scratch.path("link"));
    CHECK(distinct_folders({scratch.path("a"), scratch.path("b/../a/"), scratch.path("gone"), scratch.path("link"),
                            scratch.path("b"), scratch.path("gone")}) ==
          std::vector<fs::path>{scratch.path("a"), scratch.path("gone"), scratch.path("b"), scratch.path("gone")});
}

TEST_CASE("a file is read whole, and a pipe is not waited for", "[bake]") {
    const support::Scratch scratch;
    const std::string bytes{"a\0\xFF\r\n", 5};
    CHECK(read_regular_file(scratch.write("a", bytes)) == bytes);
    REQUIRE(mkfifo(scratch.path("pipe").c_str(), 0600) == 0);
    CHECK(read_regular_file(scratch.path("pipe")).error() ==
          scratch.path("pipe") + ": not a regular file; remove or rename it");
    CHECK(read_regular_file(scratch.folder()).error() ==
          scratch.folder() + ": not a regular file; remove or rename it");
    CHECK(read_regular_file(scratch.path("gone")).error().ends_with("; repair or remove it"));
}

}  // namespace
}  // namespace schemalatch::bake
