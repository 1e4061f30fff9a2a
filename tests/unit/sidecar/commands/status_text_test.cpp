#include "sidecar/commands/status_text.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::commands {
namespace {

using namespace std::chrono_literals;
using support::behind;
using support::held;
using support::kEvening;
using support::not_enforced;
using support::pending;
using support::ready;
using support::seen;
using support::status_of;

// Three seconds after what behind() and ready() saw.
constexpr SystemTime kNow = kEvening + 130s;

std::string text_of(DependencyStatus dependency, SystemTime now = kNow) {
    return status_text(status_of({std::move(dependency)}), now);
}

std::string line_of(const std::string& label, DependencyStatus dependency, SystemTime now = kNow) {
    const auto text = text_of(std::move(dependency), now);
    const auto begin = text.find("\n  " + label + " ");
    if (begin == std::string::npos) return "";
    const auto value = begin + 1 + 12;
    return text.substr(value, text.find('\n', value) - value);
}

DependencyStatus with_sight(gate::State state, Sight sight) { return seen("orders", state, "why", std::move(sight)); }

std::vector<std::string> numbered(std::size_t count, const std::string& prefix) {
    std::vector<std::string> ids;
    for (std::size_t i = 1; i <= count; ++i) ids.push_back(prefix + std::to_string(i));
    return ids;
}

TEST_CASE("a dependency that is behind is told in one aligned block", "[status]") {
    auto dependency = with_sight(gate::State::behind, {.current = {"1975ea83b712"},
                                                       .missing = {"cc7a1b", "ae1027a6acf"},
                                                       .failed = {},
                                                       .primary = true,
                                                       .at = {},
                                                       .applied_count = 21});
    dependency.reason = behind().reason;
    dependency.requirement_digest = "sha256:0dd70080e7d2c0ffee";
    CHECK(text_of(dependency) ==
          "orders\n"
          "  gate      not ready\n"
          "  state     behind, since 2026-11-21 20:51:00 UTC (2 min 10 s ago)\n"
          "  reason    at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade\n"
          "  looked    2026-11-21 20:53:07 UTC (3 s ago)\n"
          "  tool      alembic\n"
          "  required  ae1027a6acf\n"
          "            @/schema/required.json (sha256:0dd70080e7d2)\n"
          "  current   1975ea83b712\n"
          "  missing   2, in this order: cc7a1b, ae1027a6acf\n"
          "  applied   21 of the image's 23 migrations\n"
          "  failed    none\n"
          "  seen      2026-11-21 20:53:07 UTC (3 s ago), on a primary\n");
}

TEST_CASE("the lock of upgrades is told where somebody has looked: its holder unbroken, that it is free, or why not",
          "[status]") {
    auto dependency = behind();
    CHECK(line_of("lock", dependency).empty());
    const model::LockHolder holder{"schemalatch upgrade by orders-upgrade-7x2lp-and-a-name-that-is-long pid 17", 4711,
                                   "to end it: SELECT pg_terminate_backend(4711)"};
    dependency.lock = model::LockLook{holder};
    CHECK(line_of("lock", dependency) == "held by " + phrase(holder));
    dependency.lock = model::LockLook{std::nullopt};
    CHECK(line_of("lock", dependency) == "free");
    dependency.lock =
        tl::make_unexpected(model::ProbeFailure{model::FailureKind::unreachable, "db:5432: no answer\nin time"});
    CHECK(line_of("lock", dependency).find("not known: db:5432: no answer") == 0);
}

TEST_CASE("a gate that holds tells the newest look, and what was seen before it", "[status]") {
    CHECK(text_of(held(), kEvening + 200s) ==
          "orders\n"
          "  gate      ready, held: it was satisfied before, and the newest look was not\n"
          "  state     unreachable\n"
          "  reason    db:5432: no answer before the deadline (connecting)\n"
          "  looked    2026-11-21 20:53:17 UTC (1 min 3 s ago)\n"
          "  tool      alembic\n"
          "  required  ae1027a6acf\n"
          "            @/schema/required.json (sha256:test)\n"
          "  current   ae1027a6acf\n"
          "  missing   none\n"
          "  applied   not known: it takes a baked file that knows the current revision\n"
          "  failed    none\n"
          "  seen      2026-11-21 20:53:07 UTC (1 min 13 s ago), on a primary\n");
}

TEST_CASE("before the first look nothing is made up", "[status]") {
    CHECK(text_of(pending()) ==
          "orders\n"
          "  gate      not ready\n"
          "  state     pending, since 2026-11-21 20:51:00 UTC (2 min 10 s ago)\n"
          "  reason    not looked yet\n"
          "  looked    never\n"
          "  tool      alembic\n"
          "  required  ae1027a6acf\n"
          "            @/schema/required.json (sha256:test)\n"
          "  current   not known: no look has seen the database yet\n");
}

TEST_CASE("the gate's word stands first, with what must be known about it", "[status]") {
    CHECK(line_of("gate", ready()) == "ready");
    CHECK(line_of("gate", not_enforced(ready())) == "ready");
    CHECK(line_of("gate", not_enforced(behind())) ==
          "not ready, and not enforced: nothing waits for it (enforce = false)");
    CHECK(line_of("gate", behind()) == "not ready");
    auto assumed = ready();
    assumed.assumed = true;
    CHECK(line_of("gate", assumed) == "ready, assumed: the database is at a revision that the image does not know");
}

TEST_CASE("a state that the newest look found first is not told an age of its own", "[status]") {
    auto dependency = behind();
    dependency.since = *dependency.looked_at;
    CHECK(line_of("state", dependency) == "behind");
}

TEST_CASE("a standby and what failed are told", "[status]") {
    const auto dependency = with_sight(
        gate::State::dirty,
        {.current = {"41"}, .missing = {"41", "42"}, .failed = {"41"}, .primary = false, .at = {}, .applied_count = 0});
    CHECK(line_of("failed", dependency) == "41");
    CHECK(line_of("seen", dependency) == "2026-11-21 20:53:07 UTC (3 s ago), on a standby");
    CHECK(line_of("applied", dependency) == "0 of the image's 2 migrations");
}

TEST_CASE("a database without a row has no current version", "[status]") {
    const auto dependency =
        with_sight(gate::State::unmigrated, {.current = {}, .missing = {"1"}, .failed = {}, .primary = true, .at = {}});
    CHECK(line_of("current", dependency) == "none");
}

TEST_CASE("long lists are broken into lines, hold the first 20 and count the rest", "[status]") {
    const auto dependency = with_sight(gate::State::behind, {.current = {"a"},
                                                             .missing = numbered(23, "migration_number_"),
                                                             .failed = {},
                                                             .primary = true,
                                                             .at = {},
                                                             .unlisted_missing = 477});
    const auto text = text_of(dependency);
    CHECK(text.find("  missing   500, in this order: migration_number_1, migration_number_2, migration_number_3,\n"
                    "            migration_number_4, migration_number_5, migration_number_6, migration_number_7,\n") !=
          std::string::npos);
    CHECK(text.find("migration_number_20 and 480 more\n") != std::string::npos);
    CHECK(text.find("migration_number_21") == std::string::npos);
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
}

TEST_CASE("an id that is longer than a line has one of its own", "[status]") {
    const std::string id(120, 'x');
    CHECK(text_of(with_sight(gate::State::behind,
                             {.current = {"a", id, "b"}, .missing = {}, .failed = {}, .primary = true, .at = {}}))
              .find("  current   a,\n            " + id + ",\n            b\n") != std::string::npos);
}

TEST_CASE("a reason is never broken nor cut, for it may hold a GRANT to be run", "[status]") {
    auto dependency = behind();
    dependency.reason = "run: GRANT SELECT ON " + std::string(900, 't');
    CHECK(line_of("reason", dependency) == dependency.reason);
}

TEST_CASE("ages are told in their two largest units", "[status]") {
    struct Row {
        std::chrono::seconds after;
        const char* age;
    };
    const std::vector<Row> rows{
        {0s, "0 s ago"},
        {59s, "59 s ago"},
        {60s, "1 min 0 s ago"},
        {3599s, "59 min 59 s ago"},
        {3600s, "1 h 0 min ago"},
        {86399s, "23 h 59 min ago"},
        {86400s, "1 d 0 h ago"},
        {400 * 86400s, "400 d 0 h ago"},
        {-5s, "5 s ahead of this clock"},
    };
    for (const auto& [after, age] : rows) {
        CHECK(line_of("looked", ready(), kEvening + 127s + after) ==
              std::string{"2026-11-21 20:53:07 UTC ("} + age + ")");
    }
}

TEST_CASE("several dependencies stand in their order, with an empty line between", "[status]") {
    const auto text = status_text(status_of({ready("b"), ready("a")}), kNow);
    CHECK(text == text_of(ready("b")) + "\n" + text_of(ready("a")));
    CHECK(status_text(status_of({}), kNow).empty());
}

TEST_CASE("whatever a database or a sidecar tells, no line is broken and no terminal obeys it", "[status]") {
    for (const auto& id : support::hostile_ids()) {
        CAPTURE(id.substr(0, 100));
        auto dependency = with_sight(gate::State::behind,
                                     {.current = {id}, .missing = {id}, .failed = {id}, .primary = true, .at = {}});
        dependency.name = dependency.tool = dependency.reason = id;
        dependency.requirement_source = dependency.requirement_digest = id;
        dependency.required = {id};
        const auto text = text_of(dependency);
        CHECK(std::count(text.begin(), text.end(), '\n') <= 16);
        CHECK(std::none_of(text.begin(), text.end(),
                           [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7F; }));
    }
}

}  // namespace
}  // namespace schemalatch::commands
