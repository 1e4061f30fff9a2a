#include "probes/model/journal.h"

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

TEST_CASE("a journal that was never read is not known", "[journal]") {
    CHECK(KnownJournal{}.take(std::nullopt) == nullptr);
}

TEST_CASE("a journal that cannot be read is told as it was, without its runs", "[journal]") {
    KnownJournal known;
    const auto lineage = std::make_shared<const Parents>(Parents{{"b", {"a"}}});
    known.take(Journal{.state = JournalState::present, .runs = {Run{}}, .lineage = lineage});
    for (int looks = 0; looks < 2; ++looks) {
        const auto kept = known.take(std::nullopt);
        REQUIRE(kept != nullptr);
        CHECK(kept->state == JournalState::present);
        CHECK(kept->lineage == lineage);
        CHECK(kept->runs.empty());
        CHECK_FALSE(kept->current);
    }
    CHECK(known.take(Journal{.state = JournalState::absent})->current);
    CHECK(known.take(std::nullopt)->state == JournalState::absent);
}

}  // namespace
}  // namespace schemalatch::model
