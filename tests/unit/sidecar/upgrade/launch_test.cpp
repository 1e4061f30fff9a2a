#include "sidecar/upgrade/launch.h"

#include "tests/support/catch.h"

namespace schemalatch::upgrade {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("a name is looked for in the folders of PATH, in their order", "[guardian]") {
    CHECK(files_of("alembic", {"HOME=/", "PATH=/a:/b/c"}) == Texts{"/a/alembic", "/b/c/alembic"});
}

TEST_CASE("an empty folder of PATH is the working directory", "[guardian]") {
    CHECK(files_of("x", {"PATH=:/a::/b:"}) == Texts{"./x", "/a/x", "./x", "/b/x", "./x"});
    CHECK(files_of("x", {"PATH="}) == Texts{"./x"});
}

TEST_CASE("a name with a slash is a path, whatever PATH says", "[guardian]") {
    CHECK(files_of("./x", {"PATH=/a"}) == Texts{"./x"});
    CHECK(files_of("a/x", {"PATH=/a"}) == Texts{"a/x"});
    CHECK(files_of("/x", {}) == Texts{"/x"});
}

TEST_CASE("without PATH the system's folders are searched", "[guardian]") {
    CHECK(files_of("x", {"MYPATH=/a", "PATHS=/b"}) == Texts{"/bin/x", "/usr/bin/x"});
}

TEST_CASE("an empty name is no file", "[guardian]") { CHECK(files_of("", {"PATH=/a"}).empty()); }

TEST_CASE("an addition replaces every entry of its name and no other", "[guardian]") {
    const Texts environment{"A=1", "AB=2", "A=3", "B"};
    CHECK(with_additions(environment, {"A=x=y"}) == Texts{"AB=2", "B", "A=x=y"});
    CHECK(with_additions(environment, {"C=", "B=4"}) == Texts{"A=1", "AB=2", "A=3", "C=", "B=4"});
    CHECK(with_additions(environment, {"A=5", "A=6"}) == Texts{"AB=2", "B", "A=6"});
    CHECK(with_additions(environment, {}) == environment);
}

}  // namespace
}  // namespace schemalatch::upgrade
