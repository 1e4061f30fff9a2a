#include "sidecar/config/keys.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::config {
namespace {

using namespace std::chrono_literals;

// Looks the key up in the table and sets it, as file, environment and flags do.
template <typename Section>
tl::expected<void, std::string> set(const std::vector<Key<Section>>& keys, Section& section, std::string_view name,
                                    std::string_view value) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == name; });
    REQUIRE(key != keys.end());
    return key->set(section, value);
}

std::string error_of(std::string_view name, std::string_view value) {
    DependencySettings settings;
    const auto result = set(dependency_keys(), settings, name, value);
    return result ? "" : result.error();
}

// ---- Durations ----------------------------------------------------------------------------------------------------

TEST_CASE("a duration is a sum of counts and units", "[config]") {
    struct Row {
        const char* text;
        model::Duration expected;
    };
    const std::vector<Row> rows{
        {"250ms", 250ms},
        {"10s", 10s},
        {"5m", 5min},
        {"2h", 2h},
        {"1h30m", 90min},
        {"1m1ms", 60001ms},
        {"0s", 0s},
        {"007s", 7s},
        {"1h2m3s4ms", 3723004ms},
        {"90m", 90min},
        {"1s1s", 2s},
        {"87600h", 87600h},
        {"2000000000ms", 2000000000ms},
        {"315360000000ms", 87600h},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        const auto parsed = parse_duration(text);
        REQUIRE(parsed);
        CHECK(*parsed == expected);
    }
}

TEST_CASE("forever is a duration without an end", "[config]") {
    const auto parsed = parse_duration("forever");
    REQUIRE(parsed);
    CHECK_FALSE(parsed->has_value());
}

TEST_CASE("what is no duration is refused, with what would be one", "[config]") {
    for (const std::string text :
         {"",         "10",    "s",    "10 s", " 10s",  "10s ", "10S", "1.5s",        "1,5s",
          "-1s",      "+1s",   "10d",  "1w",   "10sec", "1h30", "s10", "ten seconds", "Forever",
          "for ever", "10s\n", "0x1s", "1e3s", "10ss",  "1us",  "١s"}) {
        CAPTURE(text);
        const auto parsed = parse_duration(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().ends_with("is not a duration; write one such as 250ms, 10s or 1h30m"));
    }
    CHECK(parse_duration("10 s").error() == "\"10 s\" is not a duration; write one such as 250ms, 10s or 1h30m");
}

TEST_CASE("a duration beyond ten years is refused, and never wraps around", "[config]") {
    CHECK(parse_duration("87600h"));
    for (const std::string text : {"87600h1ms", "87601h", "315360000001ms", "9223372036854775807ms",
                                   "9223372036854775808ms", "18446744073709551617s"}) {
        CAPTURE(text);
        const auto parsed = parse_duration(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error() == "\"" + text + "\" is too long; the longest is 87600h, ten years");
    }
    CHECK_FALSE(parse_duration(std::string(100'000, '9') + "h"));
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "87600h";
    CHECK_FALSE(parse_duration(many));
}

TEST_CASE("a refused value is shown in one printable line, however long and hostile it is", "[config]") {
    const auto hostile = parse_duration("\x1B[31m\n" + std::string(100'000, 'x'));
    REQUIRE_FALSE(hostile);
    CHECK(hostile.error().starts_with("\"\\x1b[31m\\x0axxx"));
    CHECK(hostile.error().size() < 600);
}

// ---- The table ----------------------------------------------------------------------------------------------------

TEST_CASE("every default that help tells is the one that the settings have", "[config]") {
    const DependencySettings fresh;
    for (const auto& key : dependency_keys()) {
        if (key.fallback.empty()) continue;
        CAPTURE(key.name);
        DependencySettings set_to_default;
        REQUIRE(key.set(set_to_default, key.fallback));
        CHECK(set_to_default.name == fresh.name);
        CHECK(set_to_default.pace.interval == fresh.pace.interval);
        CHECK(set_to_default.pace.interval_ready == fresh.pace.interval_ready);
        CHECK(set_to_default.deadline == fresh.deadline);
        CHECK(set_to_default.gate.hold == fresh.gate.hold);
        CHECK(set_to_default.gate.standby_limit == fresh.gate.standby_limit);
        CHECK(set_to_default.unknown_revision == fresh.unknown_revision);
        CHECK(set_to_default.enforce == fresh.enforce);
        CHECK(set_to_default.require_wait == fresh.require_wait);
        CHECK(set_to_default.journal == fresh.journal);
    }
    HttpSettings http;
    for (const auto& key : http_keys()) REQUIRE(key.set(http, key.fallback));
    CHECK(http.listen == HttpSettings{}.listen);
    CHECK(http.detail == HttpSettings{}.detail);
}

TEST_CASE("the defaults are the contract's", "[config]") {
    const DependencySettings dependency;
    CHECK(dependency.name == "database");
    CHECK(dependency.pace.interval == 1s);
    CHECK(dependency.pace.interval_ready == 30s);
    CHECK(dependency.deadline == 3s);
    CHECK(dependency.gate.hold == std::nullopt);
    CHECK(dependency.gate.standby_limit == 10min);
    CHECK(dependency.unknown_revision == gate::UnknownRevision::ahead);
    CHECK(dependency.enforce);
    CHECK(dependency.require_wait == 0s);
    CHECK(dependency.journal == "schemalatch");
    CHECK(dependency.lock_url.empty());
    CHECK(dependency.lock_name.empty());
    CHECK(dependency.readers.empty());
    CHECK(HttpSettings{}.listen == "[::]:7355");
    CHECK(HttpSettings{}.detail);
    CHECK(HttpSettings{}.detail_listen.empty());
}

TEST_CASE("every key has a name of its own, in all sections, and says what it is for", "[config]") {
    std::set<std::string_view> names;
    const auto check = [&](std::string_view name, std::string_view value, std::string_view help) {
        CAPTURE(name);
        CHECK(names.insert(name).second);
        CHECK(std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
        CHECK(name.find("__") == std::string_view::npos);  // parts a dependency's name from its key in a variable
        CHECK_FALSE(value.empty());
        CHECK_FALSE(help.empty());
    };
    for (const auto& key : http_keys()) check(key.name, key.value, key.help);
    for (const auto& key : dependency_keys()) check(key.name, key.value, key.help);
}

TEST_CASE("every key sets its own setting", "[config]") {
    DependencySettings settings;
    const auto give = [&](std::string_view name, std::string_view value) {
        CAPTURE(name, value);
        CHECK(set(dependency_keys(), settings, name, value));
    };
    give("name", "orders");
    give("url", "postgresql://h/db");
    give("password_file", "/password");
    give("tool", "alembic");
    give("require", "abc");
    give("table", "t");
    give("schema", "s");
    give("interval", "11ms");
    give("interval_ready", "12ms");
    give("deadline", "13ms");
    give("hold", "14ms");
    give("standby_limit", "15ms");
    give("unknown_revision", "fail");
    give("enforce", "false");
    give("require_wait", "16ms");
    give("journal", "j");
    give("lock_url", "postgresql://l/db");
    give("lock_name", "n");
    give("readers", "app,report");

    CHECK(settings.name == "orders");
    CHECK(settings.url == "postgresql://h/db");
    CHECK(settings.password_file == "/password");
    CHECK(settings.tool == "alembic");
    CHECK(settings.require == "abc");
    CHECK(settings.table == "t");
    CHECK(settings.schema == "s");
    CHECK(settings.pace.interval == 11ms);
    CHECK(settings.pace.interval_ready == 12ms);
    CHECK(settings.deadline == 13ms);
    CHECK(settings.gate.hold == 14ms);
    CHECK(settings.gate.standby_limit == 15ms);
    CHECK(settings.unknown_revision == gate::UnknownRevision::fail);
    CHECK_FALSE(settings.enforce);
    CHECK(settings.require_wait == 16ms);
    CHECK(settings.journal == "j");
    CHECK(settings.lock_url == "postgresql://l/db");
    CHECK(settings.lock_name == "n");
    CHECK(settings.readers == std::vector<std::string>{"app", "report"});

    HttpSettings http;
    CHECK(set(http_keys(), http, "listen", "127.0.0.1:0"));
    CHECK(set(http_keys(), http, "detail", "false"));
    CHECK(set(http_keys(), http, "detail_listen", "127.0.0.1:1"));
    CHECK(http.detail_listen == "127.0.0.1:1");
    CHECK(http.listen == "127.0.0.1:0");
    CHECK_FALSE(http.detail);
}

TEST_CASE("url and url_file replace each other, whichever is set later, and an empty one replaces nothing",
          "[config]") {
    DependencySettings settings;
    CHECK(set(dependency_keys(), settings, "url", "postgresql://h/db"));
    CHECK(set(dependency_keys(), settings, "url_file", ""));
    CHECK(settings.url == "postgresql://h/db");
    CHECK(set(dependency_keys(), settings, "url_file", "/run/url"));
    CHECK(settings.url.empty());
    CHECK(settings.url_file == "/run/url");
    CHECK(set(dependency_keys(), settings, "url", "postgresql://h/db"));
    CHECK(settings.url == "postgresql://h/db");
    CHECK(settings.url_file.empty());
}

TEST_CASE("a bad value is told with what would be right", "[config]") {
    struct Row {
        const char* key;
        const char* value;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"interval", "5ms", R"("5ms" is not long enough; the least is 10ms)"},
        {"interval", "0s", R"("0s" is not long enough; the least is 10ms)"},
        {"interval", "forever", R"("forever" is not possible here; give a time such as 10s)"},
        {"interval_ready", "9ms", R"("9ms" is not long enough; the least is 10ms)"},
        {"interval_ready", "10", R"("10" is not a duration; write one such as 250ms, 10s or 1h30m)"},
        {"deadline", "forever", R"("forever" is not possible here; give a time such as 10s)"},
        {"standby_limit", "never", R"("never" is not a duration; write one such as 250ms, 10s or 1h30m)"},
        {"hold", "never", R"("never" is not a duration; write one such as 250ms, 10s or 1h30m, or forever)"},
        {"unknown_revision", "behind", R"("behind" is not "ahead" or "fail")"},
        {"unknown_revision", "Ahead", R"("Ahead" is not "ahead" or "fail")"},
        {"enforce", "no", R"("no" is not true or false)"},
        {"enforce", "TRUE", R"("TRUE" is not true or false)"},
        {"enforce", "1", R"("1" is not true or false)"},
        {"lock_name", "l\xFF", R"("l\xff" is not UTF-8; write the name in UTF-8)"},
        {"name", "", R"("" is not a name; use 1 to 63 letters, digits, '-', '_' and '.')"},
        {"name", "two words", R"("two words" is not a name; use 1 to 63 letters, digits, '-', '_' and '.')"},
        {"name", "a/b", R"("a/b" is not a name; use 1 to 63 letters, digits, '-', '_' and '.')"},
        {"name", "a\nb", R"("a\x0ab" is not a name; use 1 to 63 letters, digits, '-', '_' and '.')"},
        {"name", "caf\xC3\xA9", "\"caf\xC3\xA9\" is not a name; use 1 to 63 letters, digits, '-', '_' and '.'"},
    };
    for (const auto& [key, value, expected] : rows) {
        CAPTURE(key, value);
        CHECK(error_of(key, value) == expected);
    }
}

TEST_CASE("a bad value leaves the setting as it was", "[config]") {
    DependencySettings settings;
    CHECK_FALSE(set(dependency_keys(), settings, "interval", "5ms"));
    CHECK_FALSE(set(dependency_keys(), settings, "hold", "never"));
    CHECK_FALSE(set(dependency_keys(), settings, "enforce", "no"));
    CHECK(settings.pace.interval == 1s);
    CHECK(settings.gate.hold == std::nullopt);
    CHECK(settings.enforce);
}

TEST_CASE("a refused name leaves none, so that it can't be another's too", "[config]") {
    DependencySettings settings;
    CHECK_FALSE(set(dependency_keys(), settings, "name", "a b"));
    CHECK(settings.name.empty());
}

TEST_CASE("a hold may be none, some time, or forever", "[config]") {
    DependencySettings settings;
    CHECK(set(dependency_keys(), settings, "hold", "0s"));
    CHECK(settings.gate.hold == 0s);
    CHECK(set(dependency_keys(), settings, "hold", "forever"));
    CHECK(settings.gate.hold == std::nullopt);
}

TEST_CASE("a name may be 63 characters long, and no longer", "[config]") {
    CHECK(error_of("name", std::string(63, 'n')).empty());
    CHECK_FALSE(error_of("name", std::string(64, 'n')).empty());
    CHECK(error_of("name", "Orders-db_2.eu").empty());
}

TEST_CASE("a value with a NUL in it is refused without being repeated", "[config]") {
    for (const auto* key : {"url", "url_file", "password_file", "tool", "require", "table", "schema"}) {
        CAPTURE(key);
        CHECK(error_of(key, std::string_view{"s3cret\0s3cret", 13}) == "holds a NUL character; take it out");
    }
}

// ---- Names --------------------------------------------------------------------------------------------------------

TEST_CASE("a key's variable is its name in upper case behind SCHEMALATCH_", "[config]") {
    CHECK(environment_name("url") == "SCHEMALATCH_URL");
    CHECK(environment_name("interval_ready") == "SCHEMALATCH_INTERVAL_READY");
}

}  // namespace
}  // namespace schemalatch::config
