#include "sidecar/bake/bake.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "probes/tools/catalogue.h"
#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

using Ids = std::vector<std::string>;

Ids required(const std::string& tool, const fs::path& folder) {
    auto baked = bake_folders(*tools::Catalogue{}.find(tool), {folder});
    REQUIRE(baked);
    return gate::required_ids({tool, "", "", std::move(baked->needs)});
}

TEST_CASE("each tool bakes its own files", "[bake]") {
    support::Scratch scratch;
    scratch.write("a.py", "revision = 'a'\ndown_revision = None\n");
    scratch.write("1_a.up.sql", "");
    scratch.write("V2__b.sql", "");
    CHECK(required("alembic", scratch.folder()) == Ids{"a"});
    CHECK(required("golang-migrate", scratch.folder()) == Ids{"1"});
    CHECK(required("flyway", scratch.folder()) == Ids{"2"});
}

TEST_CASE("a tool whose files are not known to us is told what to do instead", "[bake]") {
    tools::Tool own;
    own.books.tool = "house";
    const auto baked = bake_folders(own, {"."});
    REQUIRE_FALSE(baked);
    CHECK(baked.error() == Problems{"files of tool house cannot be read; list its migrations, one a line, to --from -, "
                                    "or bake --from-database"});
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found{fs::directory_iterator{folder}, {}};
    std::sort(found.begin(), found.end());
    return found;
}

// Django's lie in their apps.
std::vector<fs::path> folders_of(const fs::path& folder) {
    std::vector<fs::path> apps;
    for (const auto& app : entries(folder)) {
        if (fs::is_directory(app / "migrations")) apps.push_back(app / "migrations");
    }
    return apps.empty() ? std::vector{folder} : apps;
}

std::string with_folder_marked(std::string text, const std::string& folder) {
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
        text.replace(at, folder.size(), "{dir}");
    return text;
}

TEST_CASE("every bad input in tests/data/bake/bad is refused with the message that lies beside it", "[bake]") {
    for (const auto& tool : entries(SCHEMALATCH_TEST_DATA "/bake/bad")) {
        for (const auto& folder : entries(tool)) {
            INFO(folder.string());
            std::ifstream stream{folder / "expected"};
            const std::string expected{std::istreambuf_iterator<char>{stream}, {}};
            const auto requirement =
                bake_folders(*tools::Catalogue{}.find(tool.filename().string()), folders_of(folder));
            REQUIRE_FALSE(requirement);
            std::string told;
            for (const auto& problem : requirement.error()) told += with_folder_marked(problem, folder.string()) + "\n";
            CHECK(told == expected);
        }
    }
}

}  // namespace
}  // namespace schemalatch::bake
