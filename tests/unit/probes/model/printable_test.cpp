#include "probes/model/printable.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

using namespace std::string_literals;

struct Row {
    std::string text, expected;
};

bool ends_in_ellipsis(const std::string& text) { return text.size() >= 3 && text.substr(text.size() - 3) == "..."; }

TEST_CASE("ordinary text prints as it is", "[printable]") {
    for (const auto& text : {""s, "ae1027a6acf"s, "orders.0001_initial"s, "with blank, \"quote\" and ~"s,
                             "caf\xC3\xA9"s, "\xE2\x82\xAC"s, "\xF0\x9F\x98\x80"s, "\xF4\x8F\xBF\xBF"s, "\xC2\xA0"s}) {
        CHECK(printable(text) == text);
    }
}

TEST_CASE("control characters become escapes, so that text stays one line and no terminal obeys it", "[printable]") {
    const std::vector<Row> rows{
        {"a\nb", R"(a\x0ab)"},
        {"a\r\nb", R"(a\x0d\x0ab)"},
        {"\t", R"(\x09)"},
        {"a\0b"s, R"(a\x00b)"},
        {"\x1b[2J", R"(\x1b[2J)"},
        {"\x7f", R"(\x7f)"},
        {"\xC2\x9B"
         "2J",
         R"(\xc2\x9b2J)"},  // a C1 control, which some terminals obey
        {"\xC2\x80\xC2\x9F", R"(\xc2\x80\xc2\x9f)"},
    };
    for (const auto& [text, expected] : rows) CHECK(printable(text) == expected);
}

TEST_CASE("what turns the direction of text or cannot be seen becomes escapes", "[printable]") {
    for (const auto& text : {"\u00ad"s, "\u061c"s, "\u180e"s, "\u200b"s, "\u200c"s,     "\u200d"s,     "\u200e"s,
                             "\u200f"s, "\u2028"s, "\u2029"s, "\u202a"s, "\u202e"s,     "\u2060"s,     "\u2064"s,
                             "\u2066"s, "\u2069"s, "\u206f"s, "\ufeff"s, "\U000e0000"s, "\U000e0041"s, "\U000e007f"s}) {
        const auto line = printable("a" + text + "b");
        CAPTURE(line);
        CHECK(line.starts_with("a\\x"));
        CHECK(line.size() == 2 + 4 * text.size());
    }
    for (const auto& text : {"\u061b"s, "\u061d"s, "\u200a"s, "\u2010"s, "\u2027"s, "\u202f"s, "\u205f"s, "\u2070"s,
                             "\ufefe"s, "\U000dffff"s, "\U000e0080"s})
        CHECK(printable(text) == text);
}

TEST_CASE("bytes that are not UTF-8 become escapes", "[printable]") {
    const std::vector<Row> rows{
        {"\xFF\xFE", R"(\xff\xfe)"},
        {"a\x80z", R"(a\x80z)"},                      // a continuation without a lead
        {"caf\xC3", R"(caf\xc3)"},                    // cut short at the end
        {"\xC3(", R"(\xc3()"},                        // a lead without its continuation
        {"\xE2\x82", R"(\xe2\x82)"},                  //
        {"\xE2\x82z", R"(\xe2\x82z)"},                //
        {"\xC0\xAF", R"(\xc0\xaf)"},                  // overlong '/'
        {"\xC1\x8A", R"(\xc1\x8a)"},                  // overlong newline
        {"\xE0\x80\x8A", R"(\xe0\x80\x8a)"},          // overlong newline
        {"\xF0\x80\x80\x8A", R"(\xf0\x80\x80\x8a)"},  // overlong newline
        {"\xED\xA0\x80", R"(\xed\xa0\x80)"},          // a surrogate
        {"\xF4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},  // beyond U+10FFFF
        {"\xF5\x80\x80\x80", R"(\xf5\x80\x80\x80)"},  //
    };
    for (const auto& [text, expected] : rows) CHECK(printable(text) == expected);
}

TEST_CASE("UTF-8 is what is well-formed to its end, shown or not", "[printable]") {
    for (const char* text : {"", "a", "caf\xC3\xA9", "\n", "\u0085", "\u200b", "\xF0\x9F\x90\x98"})
        CHECK(is_utf8(text));
    for (const char* text : {"\xFF", "a\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
        CHECK_FALSE(is_utf8(text));
}

TEST_CASE("nothing is read beyond the end of the text", "[printable]") {
    const std::string_view euro = "\xE2\x82\xAC";
    CHECK(printable(euro.substr(0, 2)) == R"(\xe2\x82)");
    CHECK(printable(euro.substr(0, 1)) == R"(\xe2)");
    CHECK(printable(euro.substr(0, 0)).empty());
}

TEST_CASE("whatever the bytes, what is printed needs no further escape", "[printable]") {
    bool stable = true;
    bool one_line = true;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second), 'z'};
            const std::string line = printable(text);
            stable = stable && printable(line) == line;
            one_line = one_line &&
                       std::none_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
        }
    }
    CHECK(stable);
    CHECK(one_line);
}

TEST_CASE("what is too long is cut with an ellipsis", "[printable]") {
    CHECK(printable(std::string(100, 'x')) == std::string(100, 'x'));

    const auto cut = printable(std::string(100000, 'x'));
    CHECK(cut.size() < 1000);
    CHECK(ends_in_ellipsis(cut));
    CHECK(cut.substr(0, 100) == std::string(100, 'x'));
}

TEST_CASE("what has to stay whole is made one line and never cut", "[printable]") {
    CHECK(one_line("a\nb\x1b") == R"(a\x0ab\x1b)");
    CHECK(one_line(std::string(100000, 'x')) == std::string(100000, 'x'));
    CHECK(one_line("").empty());
}

TEST_CASE("a cut never falls within a character or an escape", "[printable]") {
    for (std::size_t shift = 0; shift < 4; ++shift) {
        std::string smileys(shift, 'x');
        std::string bells(shift, 'x');
        for (int i = 0; i < 1000; ++i) {
            smileys += "\xF0\x9F\x98\x80";
            bells += '\a';
        }
        const auto cut = printable(smileys);
        CHECK(printable(cut) == cut);
        CHECK((cut.size() - shift - 3) % 4 == 0);
        CHECK((printable(bells).size() - shift - 3) % 4 == 0);
    }
}

TEST_CASE("a list names the first few and counts the rest", "[printable]") {
    CHECK(listed({}).empty());
    CHECK(listed({"a"}) == "a");
    CHECK(listed({"a", "b", "c"}) == "a, b, c");
    CHECK(listed({"a", "b", "c", "d", "e"}) == "a, b, c, d, e");
    CHECK(listed({"a", "b", "c", "d", "e", "f"}) == "a, b, c, d, e and 1 more");
    CHECK(listed(std::vector<std::string>(1000, "a")) == "a, a, a, a, a and 995 more");
}

TEST_CASE("every id of a list is made printable", "[printable]") {
    CHECK(listed({"a\nb", "\x1b", "\xFF"}) == R"(a\x0ab, \x1b, \xff)");
}

}  // namespace
}  // namespace schemalatch::model
