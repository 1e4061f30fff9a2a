#include "probes/postgres/journal_reader.h"

#include <chrono>

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

TEST_CASE("a version is one row of two whole numbers", "[journal]") {
    CHECK(version_in({{"1", "7"}})->lineage == 7);
    for (const Rows& rows :
         {Rows{}, Rows{{"1"}}, Rows{{"1", "x"}}, Rows{{"1", std::nullopt}}, Rows{{"1", "1"}, {"1", "1"}}})
        CHECK_FALSE(version_in(rows));
}

TEST_CASE("a lineage that cannot be read is tried later and later, and at once when it has moved", "[journal]") {
    using std::chrono::minutes;
    using std::chrono::seconds;
    model::TimePoint now;
    LineageRetry retry;
    CHECK(retry.is_due(1, now));
    for (const auto pause : {seconds{2}, seconds{4}, seconds{8}}) {
        retry.failed(1, now);
        CHECK_FALSE(retry.is_due(1, now + pause - model::Duration{1}));
        CHECK(retry.is_due(2, now));
        now += pause;
        CHECK(retry.is_due(1, now));
    }
    for (int i = 0; i < 100; ++i) retry.failed(1, now);
    CHECK(retry.is_due(1, now + minutes{5}));
    retry.failed(2, now);
    CHECK(retry.is_due(2, now + seconds{2}));
    retry.succeeded();
    CHECK(retry.is_due(2, now));
}

}  // namespace
}  // namespace schemalatch::postgres
