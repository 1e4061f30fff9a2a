#include "sidecar/http/version_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sidecar/http/limits.h"
#include "sidecar/version.h"
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
Json only_dependency(const DependencyStatus& dependency) { return version(status_of({dependency}))["dependencies"][0]; }

Ids numbered(std::size_t count) {
    Ids ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back("m" + std::to_string(i));
    return ids;
}

TEST_CASE("version is the contract's JSON, field by field", "[http]") {
    const auto expected = Json::parse(R"({
        "schemalatch": "VERSION", "ready": false,
        "dependencies": [{
            "name": "orders", "tool": "alembic", "state": "behind", "ready": false, "held": false, "assumed": false, "enforced": true,
            "reason": "at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade",
            "current": ["1975ea83b712"], "current_count": 1, "required": ["ae1027a6acf"],
            "missing": ["cc7a1b", "ae1027a6acf"], "missing_count": 2, "failed": [],
            "requirement": {"source": "@/schema/required.json", "digest": "sha256:test"},
            "since": "2026-11-21T20:51:00Z", "checked_at": "2026-11-21T20:53:07Z", "looked_at": "2026-11-21T20:53:07Z",
            "primary": true, "journal": null, "run": null, "runs": []
        }]
    })");
    auto told = version(status_of({behind()}));
    CHECK(told["schemalatch"] == kVersion);
    told["schemalatch"] = "VERSION";
    CHECK(told.dump(2) == expected.dump(2));  // dump keeps the fields' order
}

TEST_CASE("the newest run is told, and with it the last ones, by their ids", "[http]") {
    const auto dependency = support::with_runs(behind());
    const auto told = only_dependency(dependency);
    CHECK(told["journal"] == "present");
    CHECK(told["run"].dump() ==
          R"({"state":"running","started_at":"2026-11-21T20:52:00Z","by":"orders-upgrade-2","exit_code":null})");
    REQUIRE(told["runs"].size() == 2);
    CHECK(told["runs"][1].dump() ==
          R"({"id":"run-1","state":"failed","started_at":"2026-11-21T20:40:00Z","by":"orders-upgrade-1",)"
          R"("exit_code":3,"ended_at":"2026-11-21T20:41:00Z","towards":false})");
}

TEST_CASE("the holder of the lock is told where somebody has looked and could tell", "[http]") {
    auto dependency = behind();
    CHECK_FALSE(only_dependency(dependency).contains("lock_holder"));
    dependency.lock = tl::make_unexpected(model::ProbeFailure{model::FailureKind::unreachable, "no answer"});
    CHECK_FALSE(only_dependency(dependency).contains("lock_holder"));
    dependency.lock = model::LockLook{std::nullopt};
    CHECK(only_dependency(dependency).at("lock_holder").is_null());
    dependency.lock = model::LockHolder{"pod-1", 4711, "to end it: kill 4711 on host"};
    CHECK(only_dependency(dependency)["lock_holder"].dump() ==
          R"({"name":"pod-1","pid":4711,"remedy":"to end it: kill 4711 on host"})");
    dependency.lock = model::LockHolder{"", std::nullopt, "to find it: fuser /x"};
    CHECK(only_dependency(dependency)["lock_holder"].dump() ==
          R"({"name":null,"pid":null,"remedy":"to find it: fuser /x"})");
}

TEST_CASE("before the first look all that a look would tell is null, and nothing is left out", "[http]") {
    const auto told = only_dependency(pending());
    for (const auto* field : {"current", "current_count", "missing", "missing_count", "failed", "checked_at",
                              "looked_at", "primary", "run"}) {
        CAPTURE(field);
        REQUIRE(told.contains(field));
        CHECK(told[field].is_null());
    }
    CHECK(told["state"] == "pending");
    CHECK(told["reason"] == "not looked yet");
    CHECK(told["required"] == Ids{"ae1027a6acf"});
    CHECK(told["since"] == "2026-11-21T20:51:00Z");
    CHECK(told.size() == only_dependency(behind()).size());
}

TEST_CASE("a look that never saw the database is looked_at, and not checked_at", "[http]") {
    auto unreachable = pending();
    unreachable.state = gate::State::unreachable;
    unreachable.looked_at = kEvening;
    const auto told = only_dependency(unreachable);
    CHECK(told["looked_at"] == "2026-11-21T20:51:00Z");
    CHECK(told["checked_at"].is_null());
    CHECK(told["current"].is_null());
}

TEST_CASE("a held gate is ready, tells the newest look's state, and what was seen before", "[http]") {
    const auto told = only_dependency(held());
    CHECK(told["ready"] == true);
    CHECK(told["held"] == true);
    CHECK(told["state"] == "unreachable");
    CHECK(told["current"] == Ids{"ae1027a6acf"});
    CHECK(told["checked_at"] == "2026-11-21T20:53:07Z");
    CHECK(told["looked_at"] == "2026-11-21T20:53:17Z");
    CHECK(told["since"] == "2026-11-21T20:53:17Z");
}

TEST_CASE("what rests on an assumption, and what is not enforced, is told", "[http]") {
    auto assumed = ready();
    assumed.assumed = true;
    CHECK(only_dependency(assumed)["assumed"] == true);
    CHECK(only_dependency(not_enforced(behind()))["enforced"] == false);
    CHECK(only_dependency(not_enforced(behind()))["ready"] == false);
}

TEST_CASE("a standby and failed migrations are told", "[http]") {
    const auto told = only_dependency(
        seen("orders", gate::State::dirty, "why",
             {.current = {"41"}, .missing = {"41", "42"}, .failed = {"41"}, .primary = false, .at = {}}));
    CHECK(told["primary"] == false);
    CHECK(told["failed"] == Ids{"41"});
}

TEST_CASE("how many of the image's migrations are applied is told where it is known", "[http]") {
    const auto known =
        seen("orders", gate::State::behind, "why",
             {.current = {"2"}, .missing = {"3"}, .failed = {}, .primary = true, .at = {}, .applied_count = 2});
    CHECK(Json::parse(dependency_json(known))["applied_count"] == 2);
    CHECK(Json::parse(dependency_json(behind()))["applied_count"].is_null());
}

TEST_CASE("ready on top is the whole's, as readyz answers", "[http]") {
    CHECK(version(status_of({ready()}), true)["ready"] == true);
    CHECK(version(status_of({behind()}), false)["ready"] == false);
}

TEST_CASE("dependencies stand in the order of the configuration", "[http]") {
    const auto told = version(status_of({ready("b"), ready("a"), ready("c")}))["dependencies"];
    REQUIRE(told.size() == 3);
    CHECK(told[0]["name"] == "b");
    CHECK(told[1]["name"] == "a");
    CHECK(told[2]["name"] == "c");
    CHECK(version(status_of({}))["dependencies"] == Json::array());
}

TEST_CASE("lists are cut after the first 20 while counts are whole, and version/NAME has all", "[http]") {
    struct Row {
        std::size_t length;
        std::size_t shown;
    };
    for (const auto& [length, shown] : std::vector<Row>{{0, 0}, {1, 1}, {19, 19}, {20, 20}, {21, 20}, {500, 20}}) {
        CAPTURE(length);
        const auto ids = numbered(length);
        auto dependency = seen("orders", gate::State::behind, "why",
                               {.current = ids, .missing = ids, .failed = ids, .primary = true, .at = {}});
        dependency.required = ids;
        const auto cut = only_dependency(dependency);
        const auto whole = Json::parse(dependency_json(dependency));
        const Ids first{ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shown)};
        for (const auto* field : {"current", "missing", "failed", "required"}) {
            CAPTURE(field);
            CHECK(cut[field] == first);
            CHECK(whole[field] == ids);
        }
        for (const auto* count : {"current_count", "missing_count"}) {
            CHECK(cut[count] == length);
            CHECK(whole[count] == length);
        }
    }
}

TEST_CASE("version/NAME is the object that version lists, and how many migrations are applied", "[http]") {
    for (const auto& dependency : {behind(), pending()}) {
        auto told = Json::parse(dependency_json(dependency));
        REQUIRE(told.contains("applied_count"));
        told.erase("applied_count");
        CHECK(told == only_dependency(dependency));
    }
}

TEST_CASE("whatever an id holds the JSON stays JSON, and the id stays one string", "[http]") {
    for (const auto& id : support::hostile_ids()) {
        CAPTURE(id.substr(0, 100));
        auto dependency = seen("orders", gate::State::behind, id,
                               {.current = {id}, .missing = {id}, .failed = {id}, .primary = true, .at = {}});
        dependency.required = {id};
        dependency.requirement_source = id;
        for (const auto& text : {version_json(status_of({dependency}), false), dependency_json(dependency)}) {
            REQUIRE(Json::accept(text));
            CHECK(std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 && c != '\n'; }));
        }
        const auto told = only_dependency(dependency);
        CHECK(told.size() == only_dependency(behind()).size());
        for (const auto* field : {"current", "missing", "failed", "required"}) CHECK(told[field].size() == 1);
        CHECK(told["ready"] == false);
    }
}

TEST_CASE("ids that are UTF-8 are told as they are, and bytes that are not are replaced", "[http]") {
    auto dependency = behind();
    dependency.required = {"sch\xC3\xA9ma \"\\\n",
                           "\xFF"
                           "a"};
    CHECK(only_dependency(dependency)["required"] == Ids{"sch\xC3\xA9ma \"\\\n",
                                                         "\xEF\xBF\xBD"
                                                         "a"});
}

TEST_CASE("instants are whole seconds in UTC", "[http]") {
    auto dependency = pending();
    dependency.since = SystemTime{} + std::chrono::milliseconds{1999};
    CHECK(only_dependency(dependency)["since"] == "1970-01-01T00:00:01Z");
}

// ---- Long lists ---------------------------------------------------------------------------------------------------

DependencyStatus with_ids(std::size_t count, std::size_t length) {
    DependencyStatus dependency;
    dependency.name = "orders";
    dependency.selection.exclude = {"x*", "y*"};
    Sight sight;
    for (std::size_t i = 0; i < count; ++i) {
        const auto id = std::to_string(i);
        sight.current.push_back(id + std::string(length - id.size(), 'x'));
    }
    sight.missing = {"a\"b\\c", "caf\xC3\xA9", "\xFF", ""};
    dependency.sight = std::make_shared<const Sight>(std::move(sight));
    return dependency;
}

TEST_CASE("long lists are written as all other JSON is", "[version]") {
    for (const std::size_t count : {0U, 1U, 3000U}) {
        const auto text = dependency_json(with_ids(count, 10));
        const auto json = Json::parse(text);
        CHECK(json.dump(2) + "\n" == text);
        CHECK(json["current"].size() == count);
        CHECK(json["missing"] == Json{"a\"b\\c", "caf\xC3\xA9", "\xEF\xBF\xBD", ""});
        CHECK_FALSE(json.contains("cut"));
    }
}

TEST_CASE("only what is long is written before it is asked for", "[version]") {
    CHECK(long_dependency_json(with_ids(100, 10)) == nullptr);
    const auto dependency = with_ids(kMostWrittenAtOnce + 1, 10);
    REQUIRE(long_dependency_json(dependency) != nullptr);
    CHECK(*long_dependency_json(dependency) == dependency_json(dependency));
}

TEST_CASE("lists end where a body would grow beyond all bounds, and it says so", "[version][large]") {
    constexpr std::size_t kCount = 50'000;
    const auto text = dependency_json(with_ids(kCount, 900));
    CHECK(text.size() < kMostWhole + 5000);
    const auto json = Json::parse(text);
    CHECK(json["cut"] == true);
    CHECK(json["current_count"] == kCount);
    CHECK(json["current"].size() < kCount);
    CHECK(json["missing_count"] == 4);
    CHECK(json["missing"].empty());
}

}  // namespace
}  // namespace schemalatch::http
