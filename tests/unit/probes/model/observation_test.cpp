#include "probes/model/observation.h"

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

TEST_CASE("a mark is read and told by its name", "[model]") {
    for (const auto* name : {"clean", "dirty", "undone", "deleted", "half_undone", "baseline"}) {
        CAPTURE(name);
        REQUIRE(parse_mark(name));
        CHECK(to_string(*parse_mark(name)) == name);
    }
    for (const auto* name : {"", "Clean", "failed"}) CHECK_FALSE(parse_mark(name));
}

TEST_CASE("the dirty marks are those of rows that are dirty", "[model]") {
    CHECK(dirty_marks() == std::vector<std::string_view>{"dirty", "half_undone"});
    for (const auto name : dirty_marks()) CHECK(Row{"1", *parse_mark(name)}.is_dirty());
    for (const auto mark : {Mark::clean, Mark::undone, Mark::deleted, Mark::baseline})
        CHECK_FALSE(Row{"1", mark}.is_dirty());
}

}  // namespace
}  // namespace schemalatch::model
