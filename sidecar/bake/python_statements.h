// Cuts the tokens of a Python module into statements that know where they stand. Pure.
#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/bake/python_tokens.h"

namespace schemalatch::bake {

enum class Scope {
    module,       // Runs once, whenever the module is imported.
    conditional,  // Inside `if`, `for`, `try`, `with` ... of the module: runs never, once or often.
    class_body,   // Runs on import, but names are the class's.
    function,     // Does not run on import.
};

// A simple statement, or the head of a compound one without its colon: `if a`, `def f(x)`.
struct Statement {
    Tokens tokens;  // never empty; points to the tokens that were cut up
    Scope scope;
    std::string_view inside;  // the keyword of the innermost block around it; empty at the top level
    std::size_t level = 0;    // how many blocks are around it
};

tl::expected<std::vector<Statement>, SourceProblem> python_statements(Tokens tokens);

}  // namespace schemalatch::bake
