// What the names of a Python module were imported as. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sidecar/bake/python_statements.h"

namespace schemalatch::bake {

// What a dotted name stands for by the module's imports: "django.db.migrations.Migration" for `migrations.Migration`
// after `from django.db import migrations`. nullopt: it is no dotted name, or not certain, since the module gives its
// first part a meaning in another way, too.
std::optional<std::string> imported_path(const std::vector<Statement>& statements, Tokens dotted);

}  // namespace schemalatch::bake
