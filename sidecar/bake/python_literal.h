// Evaluates the literals that a Python expression may consist of. Pure.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "sidecar/bake/python_tokens.h"

namespace schemalatch::bake {

struct None {};
using Texts = std::vector<std::string>;  // a tuple or a list of strings
using Literal = std::variant<None, std::string, Texts>;

// None, a string, or one tuple or list of strings; brackets around any of them. The error says what the value is
// instead, fit to follow "is": `computed`, `an f-string`.
tl::expected<Literal, std::string> read_literal(Tokens value);

}  // namespace schemalatch::bake
