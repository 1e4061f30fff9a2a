// Reads the lists of migrations that a Django migration names. Pure.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/bake/python_tokens.h"

namespace schemalatch::bake {

// Another migration: ("shop", "0001_initial").
struct DjangoName {
    std::string app;
    std::string name;  // "__first__" and "__latest__" mean those of the app
};

struct DjangoNames {
    std::vector<DjangoName> names = {};

    // Of swappable_dependency(): the app that holds a model which only the settings name. Each is what stands between
    // the brackets: settings.AUTH_USER_MODEL.
    std::vector<std::string> swappable = {};
};

// A list or tuple of pairs, and of calls of swappable_dependency(). The error says what the value is instead, fit to
// follow "is": `computed`.
tl::expected<DjangoNames, std::string> read_django_names(Tokens value);

}  // namespace schemalatch::bake
