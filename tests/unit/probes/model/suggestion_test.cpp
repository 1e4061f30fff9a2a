#include "probes/model/suggestion.h"

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

TEST_CASE("the nearest name is suggested, if one is near", "[model]") {
    const std::vector<std::string_view> names{"interval", "interval_ready", "url", "hold", "enforce"};
    struct Row {
        const char* unknown;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"intervall", "; did you mean \"interval\"?"},
        {"interval-ready", "; did you mean \"interval_ready\"?"},
        {"intervalready", "; did you mean \"interval_ready\"?"},
        {"uri", "; did you mean \"url\"?"},
        {"hodl", "; did you mean \"hold\"?"},
        {"enforced", "; did you mean \"enforce\"?"},
        {"INTERVAL", ""},
        {"http", ""},
        {"", ""},
        {"xyz", ""},
        {"password", ""},
    };
    for (const auto& [unknown, expected] : rows) {
        CAPTURE(unknown);
        CHECK(suggestion(unknown, names) == expected);
    }
    CHECK(suggestion("interval", {}).empty());
    CHECK(suggestion(std::string(100'000, 'x'), names).empty());
}

}  // namespace
}  // namespace schemalatch::model
