#include "sidecar/gate/run.h"

#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using model::Outcome;
using support::needs_graph;
using support::needs_literal;
using support::needs_number;
using support::needs_set;
using Ids = std::vector<std::string>;

model::Run run_of(Ids required, std::string digest = "sha256:another") {
    model::Run run;
    run.required = std::move(required);
    run.digest = std::move(digest);
    return run;
}

bool towards(const Requirement& needs, Ids required, const model::Parents& lineage = {}) {
    return is_towards(needs, run_of(std::move(required)), &lineage);
}

TEST_CASE("a run of the same digest is towards it, whatever its list", "[run]") {
    CHECK(is_towards(needs_number("4"), run_of({}, "sha256:test"), nullptr));
    CHECK_FALSE(is_towards(needs_number("4"), run_of({}), nullptr));
    auto without_digest = needs_number("4");
    without_digest.digest.clear();
    CHECK_FALSE(is_towards(without_digest, run_of({}, ""), nullptr));
}

TEST_CASE("a run towards a number that is not lower is towards it", "[run]") {
    CHECK(towards(needs_number("4"), {"4"}));
    CHECK(towards(needs_number("4"), {"10"}));
    CHECK_FALSE(towards(needs_number("4"), {"3"}));
    CHECK_FALSE(towards(needs_number("4"), {"x"}));
}

TEST_CASE("a run of a set is towards it if it lists all of it", "[run]") {
    CHECK(towards(needs_set({{"a.1"}, {"a.2"}}), {"a.3", "a.2", "a.1"}));
    CHECK_FALSE(towards(needs_set({{"a.1"}, {"a.2"}}), {"a.3", "a.1"}));
}

TEST_CASE("a run of a graph is towards what it requires and what that builds upon", "[run]") {
    const model::Parents image{{"a", {}}, {"b", {"a"}}};
    CHECK(towards(needs_graph({"b"}, image), {"b"}));
    CHECK(towards(needs_graph({"a"}, image), {"b"}));
    CHECK_FALSE(towards(needs_graph({"b"}, image), {"a"}));
    CHECK_FALSE(towards(needs_graph({"b"}, image), {"c"}));
    CHECK(towards(needs_graph({"b"}, image), {"c"}, {{"c", {"b"}}}));
    CHECK(towards(needs_literal({"b"}), {"c"}, {{"c", {"x"}}, {"x", {"b", "c"}}}));
    CHECK_FALSE(is_towards(needs_graph({"b"}, image), run_of({"c"}), nullptr));
}

TEST_CASE("a literal whose tool is not known is met as any tool would", "[run]") {
    const auto needs = [](const std::string& text) {
        return support::requirement("auto", text, LiteralRequirement{text});
    };
    CHECK(towards(needs("4"), {"5"}));
    CHECK_FALSE(towards(needs("4"), {"3"}));
    CHECK(towards(needs("a.1,a.2"), {"a.2", "a.1"}));
    CHECK_FALSE(towards(needs("a.1,a.2"), {"a.2"}));
}

TEST_CASE("a reason tells of the newest run, and of one that succeeded nothing", "[run]") {
    model::Run run;
    run.by = "orders-upgrade-7x2lp";
    run.started_at = "2026-11-21T20:51:00Z";
    run.ended_at = "2026-11-21T20:53:07Z";
    run.exit_code = 3;
    const auto phrase = [&](Outcome outcome) {
        run.outcome = outcome;
        return run_phrase({run, model::Run{}});
    };
    CHECK(run_phrase({}).empty());
    CHECK(phrase(Outcome::succeeded).empty());
    CHECK(phrase(Outcome::running) ==
          "; an upgrade has been running since 2026-11-21T20:51:00Z, by orders-upgrade-7x2lp");
    CHECK(phrase(Outcome::failed) ==
          "; the last upgrade failed at 2026-11-21T20:53:07Z with exit code 3, by orders-upgrade-7x2lp");
    CHECK(phrase(Outcome::vanished) ==
          "; the last upgrade that began at 2026-11-21T20:51:00Z, by "
          "orders-upgrade-7x2lp, has vanished without an end");
    run.by = "a\nb\x1B[31m";
    CHECK(phrase(Outcome::running).find('\n') == std::string::npos);
}

}  // namespace
}  // namespace schemalatch::gate
