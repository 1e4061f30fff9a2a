#include "sidecar/bake/bake.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scratch.h"

namespace schemalatch::bake {
namespace {

namespace fs = std::filesystem;

TEST_CASE("each tool bakes its own files", "[bake]") {
    support::Scratch scratch;
    scratch.write("a.py", "revision = 'a'\ndown_revision = None\n");
    scratch.write("1_a.up.sql", "");
    const auto alembic = bake("alembic", {scratch.folder()});
    REQUIRE(alembic);
    CHECK(gate::required_ids(*alembic) == std::vector<std::string>{"a"});
    const auto golang_migrate = bake("golang-migrate", {scratch.folder()});
    REQUIRE(golang_migrate);
    CHECK(gate::required_ids(*golang_migrate) == std::vector<std::string>{"1"});
}

TEST_CASE("a tool that cannot be baked is told which ones can", "[bake]") {
    const auto requirement = bake("flyway", {"."});
    REQUIRE_FALSE(requirement);
    CHECK(requirement.error() ==
          Problems{"migrations of tool \"flyway\" cannot be baked; tools that can: alembic, golang-migrate"});
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found{fs::directory_iterator{folder}, {}};
    std::sort(found.begin(), found.end());
    return found;
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
            const auto requirement = bake(tool.filename().string(), {folder});
            REQUIRE_FALSE(requirement);
            std::string told;
            for (const auto& problem : requirement.error()) told += with_folder_marked(problem, folder.string()) + "\n";
            CHECK(told == expected);
        }
    }
}

}  // namespace
}  // namespace schemalatch::bake
