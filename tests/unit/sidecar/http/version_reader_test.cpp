#include "sidecar/http/version_reader.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "probes/model/printable.h"
#include "sidecar/http/version_json.h"
#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::http {
namespace {

using Json = nlohmann::ordered_json;
using support::behind;
using support::held;
using support::kEvening;
using support::not_enforced;
using support::pending;
using support::ready;
using support::seen;
using support::status_of;
using Ids = std::vector<std::string>;

Json version(const Status& status, bool is_ready = false) { return Json::parse(version_json(status, is_ready)); }

Ids numbered(std::size_t count) {
    Ids ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back("m" + std::to_string(i));
    return ids;
}

// The answer about behind(), with one member of its one dependency changed.
std::string with(const std::string& member, const Json& value) {
    auto told = version(status_of({behind()}));
    told["dependencies"][0][member] = value;
    return told.dump();
}

std::string without(const std::string& member) {
    auto told = version(status_of({behind()}));
    told["dependencies"][0].erase(member);
    return told.dump();
}

std::string problem_of(const std::string& json) {
    const auto status = parse_version(json);
    return status ? "" : status.error();
}

DependencyStatus assumed() {
    auto dependency = ready();
    dependency.assumed = true;
    return dependency;
}

DependencyStatus dirty_on_a_standby() {
    return seen("orders", gate::State::dirty, "migration 41 failed",
                {.current = {"41"}, .missing = {"41", "42"}, .failed = {"41"}, .primary = false, .at = {}});
}

DependencyStatus unreachable_from_the_start() {
    auto dependency = pending();
    dependency.state = gate::State::unreachable;
    dependency.looked_at = kEvening;
    return dependency;
}

TEST_CASE("a run that is not as a sidecar tells it is refused, one that is not told is none", "[http]") {
    const Json run{{"state", "failed"}, {"started_at", "2026-11-21T20:40:00Z"}, {"by", "pod"}, {"exit_code", 3}};
    CHECK(problem_of(with("run", run)).empty());
    CHECK(problem_of(without("run")).empty());
    const auto wrong = [&](const std::string& member, const Json& value) {
        auto changed = run;
        changed[member] = value;
        return problem_of(with("run", changed));
    };
    CHECK(wrong("state", "exploded") ==
          "\"dependencies[0].run.state\" is \"exploded\", which this schemalatch does not know");
    CHECK_FALSE(wrong("state", 3).empty());
    CHECK_FALSE(wrong("started_at", nullptr).empty());
    CHECK_FALSE(wrong("exit_code", "3").empty());
    CHECK_FALSE(wrong("exit_code", 1e300).empty());
    CHECK_FALSE(problem_of(with("run", "running")).empty());
    CHECK_FALSE(problem_of(with("runs", run)).empty());
    CHECK(problem_of(with("runs", Json::array({run}))).empty());
    auto nameless = run;
    nameless["id"] = 3;
    CHECK(problem_of(with("runs", Json::array({run, nameless}))) == "\"dependencies[0].runs[1].id\" is not a text");
    CHECK_FALSE(problem_of(with("journal", "burnt")).empty());
}

TEST_CASE("what is read and written again is the same, in every situation", "[http]") {
    for (const auto& dependency : {pending(), unreachable_from_the_start(), behind(), ready(), held(), assumed(),
                                   not_enforced(behind()), dirty_on_a_standby(), support::with_runs(behind())}) {
        const auto one = dependency_json(dependency);
        const auto again = parse_dependency(one);
        REQUIRE(again);
        CHECK(dependency_json(*again) == one);

        const bool is_up = dependency.ready || !dependency.enforced;
        const auto all = version_json(status_of({ready("first"), dependency}), is_up);
        const auto all_again = parse_version(all);
        REQUIRE(all_again);
        CHECK(version_json(*all_again, is_up) == all);
    }
}

TEST_CASE("what is read is what was published", "[http]") {
    const auto told = parse_dependency(dependency_json(held()));
    REQUIRE(told);
    CHECK(told->name == "orders");
    CHECK(told->tool == "alembic");
    CHECK(told->state == gate::State::unreachable);
    CHECK(told->ready);
    CHECK(told->held);
    CHECK(told->enforced);
    CHECK_FALSE(told->assumed);
    CHECK(told->reason == held().reason);
    CHECK(told->required == Ids{"ae1027a6acf"});
    CHECK(told->requirement_source == "@/schema/required.json");
    CHECK(told->requirement_digest == "sha256:test");
    CHECK(told->since == kEvening + std::chrono::seconds{137});
    CHECK(told->looked_at == kEvening + std::chrono::seconds{137});
    REQUIRE(told->sight);
    CHECK(told->sight->current == Ids{"ae1027a6acf"});
    CHECK(told->sight->missing.empty());
    CHECK(told->sight->failed.empty());
    CHECK(told->sight->primary);
    CHECK(told->sight->at == kEvening + std::chrono::seconds{127});
    CHECK_FALSE(parse_dependency(dependency_json(pending()))->sight);
}

TEST_CASE("how many of the image's migrations are applied is read where it is told", "[http]") {
    const auto known =
        seen("orders", gate::State::behind, "why",
             {.current = {"2"}, .missing = {"3"}, .failed = {}, .primary = true, .at = {}, .applied_count = 2});
    CHECK(parse_dependency(dependency_json(known))->sight->applied_count == 2);
    CHECK_FALSE(parse_dependency(dependency_json(behind()))->sight->applied_count);
}

TEST_CASE("a list that was cut keeps its whole count, also when it is written again", "[http]") {
    const auto dependency =
        seen("orders", gate::State::behind, "why",
             {.current = numbered(21), .missing = numbered(500), .failed = {}, .primary = true, .at = {}});
    const auto cut = version_json(status_of({dependency}), false);
    const auto told = parse_version(cut);
    REQUIRE(told);
    const auto& sight = *told->dependencies.front()->sight;
    CHECK(sight.current.size() == 20);
    CHECK(sight.current_count() == 21);
    CHECK(sight.missing == numbered(20));
    CHECK(sight.missing_count() == 500);
    CHECK(version_json(*told, false) == cut);
}

TEST_CASE("what a newer sidecar tells beside what is known is passed over", "[http]") {
    CHECK(problem_of(with("journal", "present")).empty());
    CHECK(problem_of(
              with("run", {{"state", "running"}, {"started_at", ""}, {"by", ""}, {"exit_code", nullptr}, {"new", 1}}))
              .empty());
    CHECK(problem_of(with("new", {{"deep", {1, 2, {{"deeper", true}}}}})).empty());
    CHECK(problem_of(without("journal")).empty());
    CHECK(problem_of(without("run")).empty());
    CHECK(problem_of(without("applied_count")).empty());
}

TEST_CASE("an answer that does not fit is refused, and the member that does not is named", "[http]") {
    struct Row {
        std::string json, problem;
    };
    const auto at = [](const std::string& member) { return "\"dependencies[0]." + member + "\" "; };
    const auto huge = version_json(status_of({}), true) + std::string(5'000'000, ' ');
    const std::vector<Row> rows{
        {"", "is not JSON"},
        {"ok\n", "is not JSON"},
        {"<html>", "is not JSON"},
        {"{\"schemalatch\": \"\xFF\"}", "is not JSON"},
        {"{\"a\": 1e999}", "is not JSON"},
        {"{} {}", "is not JSON"},
        {"[]", "is not a JSON object"},
        {"null", "is not a JSON object"},
        {"{\"a\": " + std::string(100, '[') + std::string(100, ']') + "}", "nests too deep"},
        {std::string(3'000'000, '['), "nests too deep"},
        {"{\"a\": {\"b\": 1, \"b\": 2}}", "names \"b\" twice"},
        {version_json(status_of({}), true), "\"dependencies\" are none: this sidecar watches nothing"},
        {std::string(1'500'000, '[') + std::string(1'500'000, ']'), "nests too deep"},
        {huge, "is larger than 4 MiB"},
        {"{}", "\"schemalatch\" is missing"},
        {R"({"schemalatch": 1})", "\"schemalatch\" is not a text"},
        {R"({"schemalatch": "1"})", "\"dependencies\" is missing"},
        {R"({"schemalatch": "1", "dependencies": {}})", "\"dependencies\" is not a list"},
        {R"({"schemalatch": "1", "dependencies": [7]})", "\"dependencies[0]\" is not an object"},
        {R"({"schemalatch": "1", "dependencies": []})", "\"ready\" is missing"},
        {R"({"schemalatch": "1", "dependencies": [], "ready": "yes"})", "\"ready\" is not true or false"},
        {R"({"schemalatch": "1", "dependencies": [], "ready": false})",
         "\"ready\" does not agree with \"dependencies\""},
        {version_json(status_of({behind()}), true), "\"ready\" does not agree with \"dependencies\""},
        {without("name"), at("name") + "is missing"},
        {with("name", ""), at("name") + "is not a dependency's name"},
        {with("name", ".."), at("name") + "is not a dependency's name"},
        {with("name", "../x"), at("name") + "is not a dependency's name"},
        {with("name", "a b"), at("name") + "is not a dependency's name"},
        {with("name", std::string(64, 'x')), at("name") + "is not a dependency's name"},
        {with("state", "splendid"), at("state") + "is \"splendid\", which this schemalatch does not know"},
        {with("state", "a\nb"), at("state") + R"(is "a\x0ab", which this schemalatch does not know)"},
        {with("state", nullptr), at("state") + "is not a text"},
        {with("ready", 1), at("ready") + "is not true or false"},
        {with("held", nullptr), at("held") + "is not true or false"},
        {with("held", true), at("held") + "does not agree with \"ready\" and \"state\""},
        {with("ready", true), at("held") + "does not agree with \"ready\" and \"state\""},
        {with("assumed", true), at("assumed") + "does not agree with \"state\""},
        {without("enforced"), at("enforced") + "is missing"},
        {with("reason", 7), at("reason") + "is not a text"},
        {with("required", nullptr), at("required") + "is not a list of texts"},
        {with("current", "a"), at("current") + "is not a list of texts"},
        {with("current", {1}), at("current") + "is not a list of texts"},
        {with("missing", nullptr), at("missing") + "is not a list of texts"},
        {with("current_count", 0), at("current_count") + "is less than what is listed"},
        {with("current_count", -1), at("current_count") + "is not a count"},
        {with("current_count", 1.5), at("current_count") + "is not a count"},
        {with("missing_count", 18446744073709551615U), at("missing_count") + "is not a count"},
        {with("applied_count", "21"), at("applied_count") + "is not a count"},
        {with("missing_count", nullptr), at("missing_count") + "is not a count"},
        {with("requirement", "x"), at("requirement") + "is not an object"},
        {with("requirement", {{"source", "x"}}), at("requirement.digest") + "is missing"},
        {with("since", nullptr), at("since") + "is not a text"},
        {with("since", "yesterday"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("since", "2026-13-21T20:51:00Z"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("since", "2026-02-30T20:51:00Z"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("since", "9999-12-31T23:59:59Z"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("since", "1969-12-31T23:59:59Z"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("since", " 2026-11-21T20:51:00Z"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("since", "2026-11-21T20:51:00Zx"), at("since") + "is not a time such as 2026-11-21T20:51:00Z"},
        {with("checked_at", 5), at("checked_at") + "is not a text"},
        {with("checked_at", nullptr), at("current") + "is told, although no look has seen the database"},
        {with("primary", nullptr), at("primary") + "is not true or false"},
        {without("looked_at"), at("looked_at") + "is missing"},
    };
    for (const auto& [json, problem] : rows) {
        CAPTURE(json.substr(0, 1500));
        CHECK(problem_of(json) == problem);
    }
    CHECK(parse_dependency("{}").error() == "\"name\" is missing");
}

TEST_CASE("a gate that is ready though nobody has looked is refused", "[http]") {
    auto dependency = ready();
    dependency.state = gate::State::pending;
    dependency.held = true;
    dependency.sight = nullptr;
    CHECK(problem_of(version_json(status_of({dependency}), true)) ==
          "\"dependencies[0].ready\" is told, although no look has seen the database");
}

// The bound is the test's own time limit: quadratic, each would take many minutes.
TEST_CASE("very many small objects are read in no time", "[http][large]") {
    std::string list;
    std::string members;
    for (int i = 0; list.size() < 1'500'000; ++i) {
        list += ",{}";
        members += ",\"" + std::to_string(i) + "\":{}";
    }
    CHECK_FALSE(problem_of("{\"dependencies\":[{}" + list + "]}").empty());
    CHECK_FALSE(problem_of("{\"a\":{}" + members + "}").empty());
}

TEST_CASE("an object with very many members is read in no time", "[http][large]") {
    auto told = version(status_of({ready()}), true).dump();
    told.pop_back();
    for (int i = 0; told.size() < 3'000'000; ++i) told += ",\"" + std::to_string(i) + "\":0";
    CHECK(problem_of(told + "}").empty());
}

TEST_CASE("whatever a hostile answer tells comes out as printable lines", "[http]") {
    for (const auto& id : support::hostile_ids()) {
        CAPTURE(id.substr(0, 100));
        auto dependency = seen("orders", gate::State::behind, id,
                               {.current = {id}, .missing = {id}, .failed = {id}, .primary = true, .at = {}});
        dependency.tool = dependency.requirement_source = dependency.requirement_digest = id;
        dependency.required = {id};
        const auto told = parse_dependency(dependency_json(dependency));
        REQUIRE(told);
        for (const auto& text :
             {told->tool, told->reason, told->requirement_source, told->requirement_digest, told->required.at(0),
              told->sight->current.at(0), told->sight->missing.at(0), told->sight->failed.at(0)}) {
            CHECK(model::one_line(text) == text);
        }
    }
}

}  // namespace
}  // namespace schemalatch::http
