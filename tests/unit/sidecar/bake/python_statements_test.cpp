#include "sidecar/bake/python_statements.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

std::string name_of(Scope scope) {
    switch (scope) {
        case Scope::module:
            return "module";
        case Scope::conditional:
            return "conditional";
        case Scope::class_body:
            return "class";
        case Scope::function:
            return "function";
    }
    return "";
}

using Lines = std::vector<std::string>;

// "scope: first token", or "scope in block: first token".
Lines split(const std::string& source) {
    const auto tokens = python_tokens(source);
    REQUIRE(tokens);
    const auto statements = python_statements(*tokens);
    if (!statements) return {std::to_string(statements.error().line) + ": " + statements.error().message};
    Lines lines;
    for (const auto& statement : *statements) {
        const std::string inside = statement.inside.empty() ? "" : " in " + std::string{statement.inside};
        lines.push_back(name_of(statement.scope) + inside + ": " + std::string{statement.tokens.front().text});
    }
    return lines;
}

struct Row {
    std::string source;
    Lines expected;
};

TEST_CASE("a statement knows whether it runs on import", "[bake]") {
    const std::vector<Row> rows{
        {"a; b;\nc", {"module: a", "module: b", "module: c"}},
        {"if a:\n  b\nelse: c; d\ne",
         {"module: if", "conditional in if: b", "module: else", "conditional in else: c", "conditional in else: d",
          "module: e"}},
        {"def f(a: int):\n  if b:\n    c", {"module: def", "function in def: if", "function in if: c"}},
        {"class A:\n  a\n  if b: c\n  def f(self): d",
         {"module: class", "class in class: a", "class in class: if", "class in if: c", "class in class: def",
          "function in def: d"}},
        {"try:\n  class A: a\nexcept B: c\nfinally:\n  d",
         {"module: try", "conditional in try: class", "class in class: a", "module: except", "conditional in except: c",
          "module: finally", "conditional in finally: d"}},
        {"async def f():\n  async with a: b", {"module: async", "function in def: async", "function in with: b"}}};
    for (const auto& row : rows) CHECK(split(row.source) == row.expected);
}

TEST_CASE("colons of lambdas, slices and types begin no block", "[bake]") {
    CHECK(split("if lambda a: b: c") == Lines{"module: if", "conditional in if: c"});
    CHECK(split("while a[1:2] or {b: c}:\n  d") == Lines{"module: while", "conditional in while: d"});
    CHECK(split("a: int = 1; b: str") == Lines{"module: a", "module: b"});
}

TEST_CASE("match and case are keywords only where they must be", "[bake]") {
    CHECK(split("match a:\n  case b: c\n  case _:\n    d") ==
          Lines{"module: match", "conditional in match: case", "conditional in case: c", "conditional in match: case",
                "conditional in case: d"});
    CHECK(split("match = 1; case = 2\nmatch(case)\nmatch: int = 3\ncase[1:2]") ==
          Lines{"module: match", "module: case", "module: match", "module: match", "module: case"});
}

TEST_CASE("a block without a body, or a body without a block, is a problem", "[bake]") {
    CHECK(split("a\n  b") == Lines{"2: line is indented, but begins no block; indent it like the line before"});
    CHECK(split("if a:\nb") == Lines{"2: block has no body; indent the line"});
    CHECK(split("if a\n  b") == Lines{"1: block has no \":\"; add it"});
}

}  // namespace
}  // namespace schemalatch::bake
