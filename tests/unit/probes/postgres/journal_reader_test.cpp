#include "probes/postgres/journal_reader.h"

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

TEST_CASE("a version is one row of two whole numbers", "[journal]") {
    CHECK(version_in({{"1", "7"}})->lineage == 7);
    for (const Rows& rows :
         {Rows{}, Rows{{"1"}}, Rows{{"1", "x"}}, Rows{{"1", std::nullopt}}, Rows{{"1", "1"}, {"1", "1"}}})
        CHECK_FALSE(version_in(rows));
}

}  // namespace
}  // namespace schemalatch::postgres
