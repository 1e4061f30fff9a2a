// Finds the one certain assignment of each variable that matters. What running the source might change is a problem,
// never a guess. Pure.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/bake/python_coding.h"
#include "sidecar/bake/python_statements.h"

namespace schemalatch::bake {

struct Assignment {
    Tokens value;
    int line;
};

using Assignments = std::map<std::string_view, Assignment>;
using Names = std::span<const std::string_view>;

// Of a module's own variables.
tl::expected<Assignments, SourceProblem> module_assignments(const std::vector<Statement>& statements, Names names);

// The class that a module's name stands for once it is imported.
struct ClassBody {
    Tokens bases;  // with their brackets; empty: none
    int line;
    Assignments assignments = {};
};

// Of the variables in that class's body.
tl::expected<ClassBody, SourceProblem> class_assignments(const std::vector<Statement>& statements,
                                                         std::string_view class_name, Names names);

// The source text of an expression in one line, quoted and fit to print.
std::string shown(Tokens value);

// Why the text of a literal can be no id, for ids end up in logs and in JSON; fit to follow the text. nullopt: it can.
std::optional<std::string> trouble_with(const std::string& text, Coding coding);

}  // namespace schemalatch::bake
