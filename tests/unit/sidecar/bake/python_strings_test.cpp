#include "sidecar/bake/python_strings.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

// What is left of the source after the literal that it begins with.
std::string after_literal(const std::string& source) {
    const auto prefix_size = source.find_first_of("'\"");
    const auto end = string_literal_end(source, 0, prefix_size);
    return end ? source.substr(*end) : "no end";
}

std::string text_of(const std::string& literal) {
    const auto text = string_literal_text(literal);
    return text ? *text : "is " + text.error();
}

struct Row {
    std::string source;
    std::string expected;
};

TEST_CASE("a string ends at its own closing quote", "[bake]") {
    const std::vector<Row> rows{
        {"'a' rest", " rest"},   {"\"it's\"; x", "; x"}, {"'a\\'b'c", "c"},  {"'a\\\\'b'", "b'"},  {"r'a\\'b'c", "c"},
        {"''''a''b\n'''c", "c"}, {"'' ''", " ''"},       {"'a\\\nb'c", "c"}, {"'a\\\r\nb'c", "c"}, {"'a\nb'", "no end"},
        {"'''a''", "no end"},    {"'a\\", "no end"},     {"'", "no end"}};
    for (const auto& row : rows) CHECK(after_literal(row.source) == row.expected);
}

TEST_CASE("an f-string may hold its own quotes between braces", "[bake]") {
    const std::vector<Row> rows{{"f'{a}'b", "b"},           {"f'{{'b", "b"},
                                {"f'{d[\"k\"]}'b", "b"},    {"f'{d['k']}'b", "b"},
                                {"f'{d['}']}'b", "b"},      {"f'{x:'b", "no end"},
                                {"f'{x:{w}.{p}}'b", "b"},   {"f'{x:\">10}'b", "b"},
                                {"f'{f'{'a'}'}'b", "b"},    {"f'{a if'}'else b}'c", "c"},
                                {"f'{\n  a # }\n}'b", "b"}, {"f'{{{a!r}}}'b", "b"},
                                {"f'\\{a}'b", "b"},         {"f'{a)}'", "no end"},
                                {"f'{a\\\n}'", "no end"},   {"f'{a'", "no end"}};
    for (const auto& row : rows) CHECK(after_literal(row.source) == row.expected);
}

TEST_CASE("an f-string nested without end is given up", "[bake]") {
    std::string source;
    for (int i = 0; i < 100'000; ++i) source += "f'{";
    CHECK(after_literal(source) == "no end");
    source = "f'";
    for (int i = 0; i < 100'000; ++i) source += "{a:";
    CHECK(after_literal(source) == "no end");
}

TEST_CASE("the text of a string is what Python reads", "[bake]") {
    const std::vector<Row> rows{{"'a'", "a"},         {"u\"a\"", "a"},
                                {"''", ""},           {"''''''", ""},
                                {"'''a'b'''", "a'b"}, {"'a\\'b\\\\c\\td'", "a'b\\c\td"},
                                {"r'a\\d'", "a\\d"},  {"R'''a\r\nb\rc'''", "a\nb\nc"},
                                {"'a\\\r\nb'", "ab"}, {"'größe'", "größe"}};
    for (const auto& row : rows) CHECK(text_of(row.source) == row.expected);
}

TEST_CASE("what is no certain text is named", "[bake]") {
    const std::vector<Row> rows{{"f'a'", "is an f-string"},
                                {"Rf'a'", "is an f-string"},
                                {"b'a'", "is bytes"},
                                {"rB'a'", "is bytes"},
                                {"'\\x41'", "is a string with an escape that is not understood"},
                                {"'\\d'", "is a string with an escape that is not understood"},
                                {"'\\N{DASH}'", "is a string with an escape that is not understood"},
                                {"'\\101'", "is a string with an escape that is not understood"}};
    for (const auto& row : rows) CHECK(text_of(row.source) == row.expected);
}

}  // namespace
}  // namespace schemalatch::bake
