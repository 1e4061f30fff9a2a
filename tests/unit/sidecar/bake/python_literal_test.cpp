#include "sidecar/bake/python_literal.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

// "None", "<text>", "[text, text]", or what the value is instead.
struct Describe {
    std::string operator()(None) const { return "None"; }
    std::string operator()(const std::string& text) const { return "<" + text + ">"; }
    std::string operator()(const Texts& texts) const {
        std::string line;
        for (const auto& text : texts) line += (line.empty() ? "" : ", ") + text;
        return "[" + line + "]";
    }
};

std::string evaluated(const std::string& expression) {
    const auto tokens = python_tokens(expression);
    REQUIRE(tokens);
    const auto literal = read_literal(Tokens{*tokens}.first(tokens->size() - 1));
    return literal ? std::visit(Describe{}, *literal) : literal.error();
}

struct Row {
    std::string expression;
    std::string expected;
};

void check(const std::vector<Row>& rows) {
    for (const auto& row : rows) CHECK(evaluated(row.expression) == row.expected);
}

TEST_CASE("brackets around one value make no tuple, a comma does", "[bake]") {
    check({{"'a'", "<a>"},
           {"(('a'))", "<a>"},
           {"('a',)", "[a]"},
           {"'a',", "[a]"},
           {"'a', 'b'", "[a, b]"},
           {"(('a', 'b'))", "[a, b]"},
           {"(\n  'a',  # one\n  ('b'),\n)", "[a, b]"},
           {"()", "[]"},
           {"None", "None"},
           {"(None)", "None"}});
}

TEST_CASE("a list of one is a list", "[bake]") {
    check({{"['a']", "[a]"}, {"[]", "[]"}, {"(['a', 'b',])", "[a, b]"}, {"[('a')]", "[a]"}});
}

TEST_CASE("strings side by side are one string", "[bake]") {
    check({{"'a' \"b\"", "<ab>"}, {"('a'\n 'b', 'c')", "[ab, c]"}, {"'a' ''", "<a>"}});
}

TEST_CASE("whatever takes more than reading is computed", "[bake]") {
    check({{"a", "computed"},           {"'a' + 'b'", "computed"},
           {"f('a')", "computed"},      {"'a'.lower()", "computed"},
           {"('a')('b')", "computed"},  {"['a'][0]", "computed"},
           {"(*a, 'b')", "computed"},   {"'a' if b else 'c'", "computed"},
           {"{'a'}", "computed"},       {"1", "computed"},
           {"('a', 1)", "computed"},    {"(None, 'a')", "computed"},
           {"('a', None)", "computed"}, {"(('a', 'b'), 'c')", "computed"},
           {"[['a']]", "computed"},     {"['a' for b in c]", "computed"},
           {"(,)", "computed"},         {"['a',,]", "computed"},
           {"f'a'", "an f-string"},     {"'a' f'b'", "an f-string"},
           {"(b'a',)", "bytes"}});
}

}  // namespace
}  // namespace schemalatch::bake
