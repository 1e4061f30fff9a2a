// Cuts Python source into tokens, without running it. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::bake {

// Why a source file cannot be read for sure.
struct SourceProblem {
    int line;             // 1 for the first
    std::string message;  // what is wrong; what to do
};

enum class TokenKind {
    name,     // An identifier or a keyword.
    number,   // Not looked into.
    string,   // A whole literal, prefix and quotes included.
    symbol,   // An operator, a bracket, a comma ...
    newline,  // The end of a logical line; blank lines have none.
    indent,   // A block begins.
    dedent,   // A block ends.
};

struct Token {
    TokenKind kind;
    std::string_view text;  // points into the source
    int line;               // where it begins
    int depth = 0;          // how many brackets are open around it; a bracket does not stand within itself

    bool is(std::string_view word) const {
        return text == word && (kind == TokenKind::name || kind == TokenKind::symbol);
    }
};

using Tokens = std::span<const Token>;

// As Python 3 does it: any version that accepts the source cuts it up like this. What is not certain, or surely no
// Python, is a problem. Brackets are balanced, every line ends in a newline, and every indent has its dedent.
tl::expected<std::vector<Token>, SourceProblem> python_tokens(std::string_view source);

}  // namespace schemalatch::bake
