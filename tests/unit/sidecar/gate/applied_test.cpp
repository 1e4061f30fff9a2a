#include "sidecar/gate/applied.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::gate {
namespace {

using model::IdOrder;
using model::Mark;
using model::Row;
using Ids = std::vector<std::string>;

Applied fold(const std::vector<Row>& rows, IdOrder order = IdOrder::dotted) {
    auto applied = Applied::fold(rows, order);
    REQUIRE(applied);
    return *applied;
}

TEST_CASE("what the newest row of an id says counts", "[applied]") {
    struct Case {
        std::vector<Mark> marks;
        bool has;
        bool failed;
        bool deleted;
    };
    const std::vector<Case> cases{
        {{Mark::clean}, true, false, false},
        {{Mark::dirty}, false, true, false},
        {{Mark::clean, Mark::clean}, true, false, false},
        {{Mark::dirty, Mark::clean}, true, false, false},
        {{Mark::clean, Mark::undone}, false, false, false},
        {{Mark::clean, Mark::undone, Mark::clean}, true, false, false},
        {{Mark::clean, Mark::half_undone}, false, true, false},
        {{Mark::clean, Mark::half_undone, Mark::undone}, false, false, false},
        {{Mark::clean, Mark::deleted}, false, false, true},
        {{Mark::clean, Mark::deleted, Mark::clean}, true, false, false},
        {{Mark::baseline}, true, false, false},
    };
    for (const auto& [marks, has, failed, deleted] : cases) {
        std::vector<Row> rows;
        for (const auto mark : marks) rows.push_back({"1.0", mark});
        const auto applied = fold(rows);
        CHECK(applied.has("1") == has);
        CHECK((applied.failed() == Ids{"1.0"}) == failed);
        CHECK(applied.was_deleted("1") == deleted);
        CHECK((applied.newest_first() == Ids{"1.0"}) == has);
    }
}

TEST_CASE("equal ids are one, told as the database spelt them last", "[applied]") {
    const auto applied = fold({{"1"}, {"02"}, {"1.0"}});
    CHECK(applied.newest_first() == Ids{"02", "1.0"});
    CHECK(applied.has("2"));
    CHECK_FALSE(applied.has("3"));
}

TEST_CASE("a baseline stands for all at or below it, but for no repeatable", "[applied]") {
    const auto applied = fold({{"5", Mark::baseline}, {"2", Mark::baseline}});
    CHECK(applied.has("5"));
    CHECK(applied.has("4.9"));
    CHECK_FALSE(applied.has("5.0.1"));
    CHECK_FALSE(applied.has("R__a"));
}

TEST_CASE("the highest is that which stands above all others, and there is none without an order", "[applied]") {
    CHECK(fold({{"10"}, {"9"}, {"R__z"}}).highest() == "10");
    CHECK(fold({{"1"}, {"7", Mark::baseline}}).highest() == "7");
    CHECK_FALSE(fold({{"R__z"}}).highest());
    CHECK_FALSE(fold({{"a"}, {"b"}}, IdOrder::none).highest());
    CHECK(fold({{"a"}, {"b"}}, IdOrder::text).highest() == "b");
    CHECK_FALSE(fold({}).highest());
}

TEST_CASE("a row whose id is none in this order is told", "[applied]") {
    const auto applied = Applied::fold({{"1"}, {"x"}, {"y"}}, IdOrder::dotted);
    REQUIRE_FALSE(applied);
    CHECK(applied.error() == "x");
}

}  // namespace
}  // namespace schemalatch::gate
