// Reads what a file of Django's says of itself, without running it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "sidecar/bake/django_names.h"

namespace schemalatch::bake {

// A list of the class Migration, and where it is assigned.
struct DjangoField {
    DjangoNames list = {};
    int line = 1;  // of the class where it is not assigned
};

struct DjangoMigration {
    DjangoField dependencies = {};
    DjangoField run_before = {};
    DjangoField replaces = {};
};

// A module of a migrations package. Whatever is computed, conditional, assigned twice or otherwise not certain to be
// what Python would see is refused.
tl::expected<DjangoMigration, SourceProblem> read_django_migration(std::string_view text);

// The __init__.py of a migrations package: a problem where running it might change in which folders Django looks for
// the package's modules.
tl::expected<void, SourceProblem> check_django_package(std::string_view text);

// The label that an app's apps.py gives it in place of its folder's name; nullopt: none.
tl::expected<std::optional<std::string>, SourceProblem> read_django_label(std::string_view text);

}  // namespace schemalatch::bake
