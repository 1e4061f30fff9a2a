#include "sidecar/dependency_name.h"

#include <string>

#include "tests/support/catch.h"

namespace schemalatch {
namespace {

TEST_CASE("a dependency's name is what fits into a path, a metric and a variable", "[dependency]") {
    for (const auto& name : {std::string{"a"}, std::string{"orders-db_2.eu"}, std::string{"..."}, std::string{".a"},
                             std::string(63, 'x')}) {
        CAPTURE(name);
        CHECK(is_dependency_name(name));
    }
}

TEST_CASE("a name that a path, a metric or a variable would not bear is none", "[dependency]") {
    for (const auto& name : {std::string{}, std::string{"."}, std::string{".."}, std::string{"a b"}, std::string{"a/b"},
                             std::string{"../a"}, std::string{"a?"}, std::string{"caf\xC3\xA9"}, std::string{"a\n"},
                             std::string{"a\0b", 3}, std::string(64, 'x')}) {
        CAPTURE(name);
        CHECK_FALSE(is_dependency_name(name));
    }
}

}  // namespace
}  // namespace schemalatch
