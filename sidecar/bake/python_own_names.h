// Which names within a function mean its own variables, whatever the module calls so. Pure.
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "sidecar/bake/python_statements.h"

namespace schemalatch::bake {

using OwnNames = std::set<std::string_view>;

bool is_function_head(const Statement& statement);

// Of the function whose head stands at that index: its arguments, and what its body plainly assigns. Rather one too
// few: what is told holds for certain, unless the name is declared global.
OwnNames own_names(const std::vector<Statement>& statements, std::size_t head);

// Where a name is that of the function or class which the statement begins, or an argument of that function or of a
// lambda within the statement, or means such an argument.
std::set<const Token*> own_places(Tokens statement);

}  // namespace schemalatch::bake
