#include "probes/model/number.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::model {
namespace {

using support::number;

TEST_CASE("a number is digits with an optional minus", "[number]") {
    struct Row {
        std::string text, expected;
    };
    const std::vector<Row> rows{
        {"0", "0"},
        {"7", "7"},
        {"-1", "-1"},
        {"20240131235959", "20240131235959"},
        {"18446744073709551616", "18446744073709551616"},
        {"-18446744073709551616", "-18446744073709551616"},
        {std::string(1000, '9'), std::string(1000, '9')},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        REQUIRE(Number::parse(text));
        CHECK(Number::parse(text)->text() == expected);
    }
}

TEST_CASE("leading zeros and the sign of zero make no other number", "[number]") {
    struct Row {
        std::string text, expected;
    };
    const std::vector<Row> rows{
        {"007", "7"},
        {"-007", "-7"},
        {"000", "0"},
        {"-0", "0"},
        {"-000", "0"},
        {"0100", "100"},
        {std::string(1000, '0') + "1", "1"},
    };
    for (const auto& [text, expected] : rows) {
        CAPTURE(text);
        REQUIRE(Number::parse(text));
        CHECK(Number::parse(text)->text() == expected);
        CHECK(*Number::parse(text) == number(expected));
    }
}

TEST_CASE("what is not wholly a number is none", "[number]") {
    const std::vector<std::string> texts{
        "",
        "-",
        "--1",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "\t1",
        "1.0",
        "1e3",
        "0x10",
        "1_000",
        "1,000",
        "1-",
        "- 1",
        "abc",
        "12a",
        "a12",
        "\xD9\xA3" /* an Arabic-Indic digit */,
        std::string{"1\0", 2},
        std::string{"\0", 1},
    };
    for (const auto& text : texts) {
        CAPTURE(text);
        CHECK_FALSE(Number::parse(text));
    }
}

TEST_CASE("numbers compare by value, whatever their length", "[number]") {
    // Ascending. As text "9" would come after "10", as 64 bits the ends would wrap.
    const std::vector<std::string> ascending{"-" + std::string(1000, '9'),
                                             "-18446744073709551616",
                                             "-10",
                                             "-9",
                                             "-2",
                                             "-1",
                                             "0",
                                             "1",
                                             "2",
                                             "9",
                                             "10",
                                             "11",
                                             "99",
                                             "100",
                                             "20240131235959",
                                             "9223372036854775807",
                                             "9223372036854775808",
                                             "18446744073709551615",
                                             "18446744073709551616",
                                             std::string(1000, '9'),
                                             "1" + std::string(1000, '0')};
    for (std::size_t a = 0; a < ascending.size(); ++a) {
        for (std::size_t b = 0; b < ascending.size(); ++b) {
            CAPTURE(ascending[a], ascending[b]);
            CHECK(((number(ascending[a]) <=> number(ascending[b])) == (a <=> b)));
            CHECK(((number(ascending[a]) == number(ascending[b])) == (a == b)));
        }
    }
}

TEST_CASE("numbers compare as machine integers do where those suffice", "[number]") {
    bool same = true;
    for (int a = -120; a <= 120; ++a) {
        for (int b = -120; b <= 120; ++b) {
            same = same && (number(std::to_string(a)) <=> number(std::to_string(b))) == (a <=> b);
        }
    }
    CHECK(same);
}

}  // namespace
}  // namespace schemalatch::model
