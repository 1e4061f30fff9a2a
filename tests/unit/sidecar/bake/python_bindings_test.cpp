#include "sidecar/bake/python_bindings.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

// "name by keyword", and the first token of a plain assignment's value.
std::string bindings(const std::string& statement) {
    const auto tokens = python_tokens(statement);
    REQUIRE(tokens);
    std::string line;
    for (const auto& binding : bindings_in(Tokens{*tokens}.first(tokens->size() - 1))) {
        line += (line.empty() ? "" : ", ") + std::string{binding.name} + " by " + std::string{binding.by};
        if (!binding.value.empty()) line += " " + std::string{binding.value.front().text};
    }
    return line;
}

struct Row {
    std::string statement;
    std::string expected;
};

void check(const std::vector<Row>& rows) {
    for (const auto& row : rows) CHECK(bindings(row.statement) == row.expected);
}

TEST_CASE("a plain assignment has a value", "[bake]") {
    check({{"a = 'x'", "a by = 'x'"},
           {"a: str = 'x'", "a by = 'x'"},
           {"a: dict[str, int] = 1, 2", "a by = 1"},
           {"a: lambda: 0 = 'x'", "a by = 'x'"},
           {"a = lambda b=1: b", "a by = lambda"}});
}

TEST_CASE("other assignments bind every name among their targets", "[bake]") {
    check({{"a = b = 1", "a by =, b by ="},
           {"a, (b, [c, *d]) = e", "a by =, b by =, c by =, d by ="},
           {"(a) = 1", "a by ="},
           {"(a): int = 1", "a by ="},
           {"a += 1", "a by +="},
           {"(a) @= 1", "a by @="},
           {"type A = int", "A by type"}});
}

TEST_CASE("attributes, items, types without a value and keyword arguments bind nothing", "[bake]") {
    check({{"a.b = 1", ""},
           {"a[b] = 1", ""},
           {"a(b)[c].d, e = 1", "e by ="},
           {"a: int", ""},
           {"f(a=1)", ""},
           {"a == b", ""},
           {"print(a)", ""},
           {"a.b += c", ""},
           {"lambda a: a", ""}});
}

TEST_CASE("imports bind what they name last", "[bake]") {
    check({{"import a", "a by import"},
           {"import a.b, c as d", "d by as, a by import"},
           {"from a import b, c as d", "d by as, b by import"},
           {"from a import (b,\n c)", "b by import, c by import"},
           {"from . import a", "a by import"},
           {"from a import *", "* by import"}});
}

TEST_CASE("blocks bind their names", "[bake]") {
    check({{"for a, (b, c.d) in e", "a by for, b by for"},
           {"async for a in b", "a by for"},
           {"with a as b, c as (d, e)", "b by as, d by as, e by as"},
           {"with (a as b, c as d.e)", "b by as"},
           {"except A as b", "b by as"},
           {"def f(a=1)", "f by def"},
           {"async def f(a)", "f by def"},
           {"class A(B, c=D)", "A by class"},
           {"case [a, {'k': b}]", "a by case, b by case"}});
}

TEST_CASE("del, global and walruses bind too", "[bake]") {
    check({{"del a, b.c, d[e]", "a by del"},
           {"global a, b", "a by global, b by global"},
           {"print([(a := b) for b in c])", "a by :="},
           {"if (a := 1)", "a by :="}});
}

}  // namespace
}  // namespace schemalatch::bake
