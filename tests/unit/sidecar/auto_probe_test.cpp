#include "sidecar/auto_probe.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scripted_probe.h"

namespace schemalatch {
namespace {

using model::FailureKind;
using model::Look;
using model::Trace;
using support::at;
using support::ProbeUse;
using support::ScriptedProbe;

Look found(std::vector<Trace> traces) {
    auto seen = support::without_table();
    seen.traces = std::move(traces);
    return seen;
}

// An auto probe whose recogniser answers so, and what it does.
struct Story {
    explicit Story(std::initializer_list<Look> recognised)
        : probe{std::make_unique<ScriptedProbe>(recogniser, clock, recognised),
                [this](const std::string& tool) {
                    made.push_back(tool);
                    return std::make_unique<ScriptedProbe>(reader, clock, std::initializer_list<Look>{at({"1"})});
                },
                [this](const Trace& trace) { reported.push_back(trace.schema + "." + trace.table); }} {}

    Look look() { return probe.observe({clock.now()}); }

    support::FakeClock clock;
    ProbeUse recogniser;
    ProbeUse reader;
    std::vector<std::string> made;
    std::vector<std::string> reported;
    AutoProbe probe;
};

TEST_CASE("the first look that finds exactly one tool decides, and the same look reads it", "[auto]") {
    Story story{found({{"flyway", "public", "flyway_schema_history"}})};
    const auto look = story.look();
    REQUIRE(look);
    CHECK(look->rows.size() == 1);
    CHECK(story.made == std::vector<std::string>{"flyway"});
    CHECK(story.reported == std::vector<std::string>{"public.flyway_schema_history"});
}

TEST_CASE("what was decided is kept, and the recogniser lets go of its connection", "[auto]") {
    Story story{found({{"flyway", "public", "flyway_schema_history"}}), found({{"django", "public", "x"}})};
    for (int i = 0; i < 3; ++i) CHECK(story.look());
    CHECK(story.recogniser.looks.size() == 1);
    CHECK(story.recogniser.disconnects == 1);
    CHECK(story.reader.looks.size() == 3);
    CHECK(story.made.size() == 1);
    CHECK(story.reported.size() == 1);
}

TEST_CASE("as long as there is no tool's table the next look tries again", "[auto]") {
    Story story{found({}), support::timed_out(), found({}), found({{"django", "", "django_migrations"}})};
    const auto first = story.look();
    REQUIRE(first);
    CHECK_FALSE(first->has_table);
    const auto second = story.look();
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == FailureKind::unreachable);
    CHECK(story.look());
    CHECK(story.made.empty());
    CHECK(story.recogniser.disconnects == 0);
    CHECK(story.look());
    CHECK(story.made == std::vector<std::string>{"django"});
}

TEST_CASE("tables of several tools are ambiguous, and each is named with its schema", "[auto]") {
    Story story{found({{"alembic", "app", "alembic_version"}, {"django", "", "django_migrations"}}),
                found({{"alembic", "app", "alembic_version"}})};
    const auto look = story.look();
    REQUIRE_FALSE(look);
    CHECK(look.error().kind == FailureKind::ambiguous);
    CHECK(look.error().detail ==
          "tables of several migration tools are here: app.alembic_version (alembic), django_migrations (django); set "
          "tool to the one that is meant");
    CHECK(story.look());
    CHECK(story.made == std::vector<std::string>{"alembic"});
}

TEST_CASE("one tool's table in two schemas is left to the look that reads it", "[auto]") {
    Story story{found({{"alembic", "a", "alembic_version"}, {"alembic", "b", "alembic_version"}})};
    CHECK(story.look());
    CHECK(story.made == std::vector<std::string>{"alembic"});
}

TEST_CASE("hostile names of schemas and tables are told fit to print", "[auto]") {
    Story story{found({{"alembic", "a\x1b[31m", "t\n"}, {"django", "\xFF", "u"}})};
    const auto look = story.look();
    REQUIRE_FALSE(look);
    CHECK(look.error().detail.find("a\\x1b[31m.t\\x0a (alembic), \\xff.u (django)") != std::string::npos);
}

TEST_CASE("a disconnect reaches whichever probe has a connection", "[auto]") {
    Story story{found({}), found({{"django", "", "t"}})};
    CHECK(story.look());
    story.probe.disconnect();
    CHECK(story.recogniser.disconnects == 1);
    CHECK(story.look());
    story.probe.disconnect();
    CHECK(story.reader.disconnects == 1);
    CHECK(story.recogniser.disconnects == 2);
}

}  // namespace
}  // namespace schemalatch
