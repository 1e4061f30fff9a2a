// Which names a Python statement gives a meaning to. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "sidecar/bake/python_tokens.h"

namespace schemalatch::bake {

struct Binding {
    std::string_view name;  // "*": any name at all
    int line;
    std::string_view by;  // the keyword or operator that does it: "import", ":=", "="
    Tokens value = {};    // of `name = value` and `name: type = value`; empty for everything else
};

// Rather one name too many than one too few: what a statement only reads may be told as bound where telling the two
// apart would take a whole parser. `statement` is not empty.
std::vector<Binding> bindings_in(Tokens statement);

}  // namespace schemalatch::bake
