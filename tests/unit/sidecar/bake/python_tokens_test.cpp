#include "sidecar/bake/python_tokens.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

using namespace std::string_literals;

// Tokens with a blank between them; ends of lines and blocks as ";", "{" and "}".
std::string cut(const std::string& source) {
    const auto tokens = python_tokens(source);
    if (!tokens) return std::to_string(tokens.error().line) + ": " + tokens.error().message;
    std::string line;
    for (const auto& token : *tokens) {
        line += line.empty() ? "" : " ";
        switch (token.kind) {
            case TokenKind::newline:
                line += ";";
                break;
            case TokenKind::indent:
                line += "{";
                break;
            case TokenKind::dedent:
                line += "}";
                break;
            case TokenKind::name:
            case TokenKind::number:
            case TokenKind::string:
            case TokenKind::symbol:
                line += token.text;
                break;
        }
    }
    return line;
}

struct Row {
    std::string source;
    std::string expected;
};

TEST_CASE("operators are as long as they can be", "[bake]") {
    CHECK(cut("a**=b//c!=d:=e->f...g") == "a **= b // c != d := e -> f ... g ;");
    CHECK(cut("a<=b>>=c@d") == "a <= b >>= c @ d ;");
}

TEST_CASE("words, numbers and strings are told apart", "[bake]") {
    CHECK(cut("x1=0x1f+.5+1_000.e5") == "x1 = 0x1f + .5 + 1_000.e5 ;");
    CHECK(cut("rb'a'if'b'u\"c\"größe") == "rb'a' if 'b' u\"c\" größe ;");
}

TEST_CASE("lines end where Python ends them", "[bake]") {
    const std::vector<Row> rows{{"", ""},
                                {"a", "a ;"},
                                {"a\r\nb\rc\n", "a ; b ; c ;"},
                                {"a \\\n  b\nc", "a b ; c ;"},
                                {"a = (\n 1, # one\n\n 2)\nb", "a = ( 1 , 2 ) ; b ;"},
                                {"# only a comment", ""},
                                {"\xEF\xBB\xBF"
                                 "a",
                                 "a ;"},
                                {"'''a\nb''' ; c", "'''a\nb''' ; c ;"}};
    for (const auto& row : rows) CHECK(cut(row.source) == row.expected);
}

TEST_CASE("blocks are told by indentation, whatever comments and blank lines do", "[bake]") {
    const std::vector<Row> rows{{"if a:\n  b\n  c\nd", "if a : ; { b ; c ; } d ;"},
                                {"if a:\n\tb\n\n# c\n   \n\td", "if a : ; { b ; d ; }"},
                                {"if a:\n  if b:\n    c\nd", "if a : ; { if b : ; { c ; } } d ;"},
                                {"if a:\n    b\n\f\nc", "if a : ; { b ; } c ;"},
                                {"if a:\n  \f    b\n    c", "if a : ; { b ; c ; }"},
                                {"a = (\n      b)\nc", "a = ( b ) ; c ;"}};
    for (const auto& row : rows) CHECK(cut(row.source) == row.expected);
}

TEST_CASE("a token knows its line, and how many brackets are around it", "[bake]") {
    const auto tokens = python_tokens("a = '''\n\r\n''' + f(\n  [b])");
    REQUIRE(tokens);
    CHECK((*tokens)[2].line == 1);  // the string
    CHECK((*tokens)[3].line == 3);  // +
    CHECK((*tokens)[7].text == "b");
    CHECK((*tokens)[7].line == 4);
    CHECK((*tokens)[7].depth == 2);
    CHECK((*tokens)[6].depth == 1);  // [
    CHECK((*tokens)[9].depth == 0);  // )
}

TEST_CASE("what is not certainly Python is a problem", "[bake]") {
    const std::vector<Row> rows{
        {"a\n'b\n'", "2: string is not closed; close it"},
        {"a = '''\nb", "1: string is not closed; close it"},
        {"a = (\n[1)\n", "2: \")\" closes no bracket; remove it"},
        {"a = 1]\n", "1: \"]\" closes no bracket; remove it"},
        {"\na = (1,\n2\n", "2: \"(\" is never closed; close it"},
        {"a\nb\0c\n"s, "2: file holds a NUL byte; save it as UTF-8 text"},
        {"a = 1 \\ # no\n", "1: backslash stands within a line; remove it"},
        {"a = 1 \\\n", "1: file ends after a backslash; remove it"},
        {"  \\\na\n", "1: line begins with a backslash; join it with the line before"},
        {"a ? b\n", "1: line holds a character that is not Python; remove it"},
        {"if a:\n    b\n  c\n", "3: indentation fits no block around it; indent the line like its neighbours"},
        {"if a:\n        b\n\tc\n", "3: tabs and blanks are mixed; indent with blanks"},
        {"if a:\n         if b:\n\t\tc\n", "3: tabs and blanks are mixed; indent with blanks"},
        {std::string(300, '('), "1: brackets are nested too deeply; unfold them"}};
    for (const auto& row : rows) CHECK(cut(row.source) == row.expected);
}

}  // namespace
}  // namespace schemalatch::bake
