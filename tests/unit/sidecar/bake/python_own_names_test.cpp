#include "sidecar/bake/python_own_names.h"

#include <string>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

// The own names of the function that the first statement begins.
std::string own(const std::string& source) {
    const auto tokens = python_tokens(source);
    REQUIRE(tokens);
    const auto statements = python_statements(*tokens);
    REQUIRE(statements);
    REQUIRE(is_function_head(statements->front()));
    std::string line;
    for (const auto name : own_names(*statements, 0)) line += (line.empty() ? "" : " ") + std::string{name};
    return line;
}

// A statement with its own places in angle brackets.
std::string marked(const std::string& source) {
    const auto tokens = python_tokens(source);
    REQUIRE(tokens);
    const auto statements = python_statements(*tokens);
    REQUIRE(statements);
    const auto statement = statements->front().tokens;
    const auto places = own_places(statement);
    std::string line;
    for (const auto& token : statement) {
        const std::string text{token.text};
        line += (line.empty() ? "" : " ") + (places.contains(&token) ? "<" + text + ">" : text);
    }
    return line;
}

TEST_CASE("the arguments of a function are its own", "[bake]") {
    CHECK(own("def f(): pass\n") == "");
    CHECK(own("def f(a, b=1, /, *c, d: int = 2, **e): pass\n") == "a b c d e");
    CHECK(own("async def f(a,\n  b): pass\n") == "a b");
    CHECK(own("def f(a: T[x, y] = (m, n), *, b=g(o, p)) -> q: pass\n") == "a b");
    CHECK(own("def f[T: (int, str)](a): pass\n") == "");
}

TEST_CASE("what the body of a function plainly assigns is its own", "[bake]") {
    CHECK(own("def f():\n    a = 1\n    b: int = 2\n    if a:\n        c = 3\nd = 4\n") == "a b c");
    CHECK(own("def f(): a = 1; b = 2\nc = 3\n") == "a b");
}

TEST_CASE("what only may be a function's own is not told", "[bake]") {
    CHECK(own("def f():\n    a.b = 1\n    a[0] = 1\n    (c)[0] = 1\n    [d][0][0] = 1\n    e += [1]\n    del g\n") ==
          "");
    CHECK(own("def f():\n    def g(a):\n        b = 1\n    class C:\n        c = 1\n    d = 1\n") == "d");
    CHECK(own("def f(a=lambda x, y: 1, b=2): pass\n") == "");
    CHECK(own("def f():\n    a: int\n    for b in c: pass\n    d, e = 1, 2\n") == "");
}

TEST_CASE("in the head of a function its name and its arguments are its own, and what they are given is not",
          "[bake]") {
    CHECK(marked("async def f(): pass\n") == "async def <f> ( )");
    CHECK(marked("class A(A): pass\n") == "class <A> ( A )");
    CHECK(marked("def f(a, b=a, *c: b) -> a: pass\n") == "def <f> ( <a> , <b> = a , * <c> : b ) -> a");
}

TEST_CASE("in a lambda its arguments mean its own, up to where its body ends", "[bake]") {
    CHECK(marked("f = lambda a, b=a: (a, c, b)\n") == "f = lambda <a> , <b> = a : ( <a> , c , <b> )");
    CHECK(marked("g(lambda a: a, a)\n") == "g ( lambda <a> : <a> , a )");
    CHECK(marked("[lambda a: a for b in a]\n") == "[ lambda <a> : <a> for b in a ]");
    CHECK(marked("{lambda a: a: a}\n") == "{ lambda <a> : <a> : a }");
    CHECK(marked("raise lambda a: a from a\n") == "raise lambda <a> : <a> from a");
    CHECK(marked("x: lambda a: a = a\n") == "x : lambda <a> : <a> = a");
    CHECK(marked("f = lambda a=lambda a: a: a\n") == "f = lambda a = lambda <a> : <a> : a");
    CHECK(marked("f = lambda: a\n") == "f = lambda : a");
}

}  // namespace
}  // namespace schemalatch::bake
