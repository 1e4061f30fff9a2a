#include "probes/model/revision_cycle.h"

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

using Ids = std::vector<std::string>;

TEST_CASE("a cycle is told from each revision to one that it builds upon", "[bake]") {
    CHECK(find_cycle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}}) == Ids{"a", "b", "c", "a"});
    CHECK(find_cycle({{"a", {"a"}}}) == Ids{"a", "a"});
}

TEST_CASE("revisions that only lead to a cycle do not belong to it", "[bake]") {
    CHECK(find_cycle({{"a", {"b"}}, {"b", {"x", "c"}}, {"c", {"b"}}, {"x", {}}}) == Ids{"b", "c", "b"});
}

TEST_CASE("branches that meet again are no cycle", "[bake]") {
    CHECK(find_cycle({{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {}}}).empty());
    CHECK(find_cycle({}).empty());
}

}  // namespace
}  // namespace schemalatch::model
