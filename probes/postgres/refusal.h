// What it means that a connection was refused, or that no answer came. Pure.
#pragma once

#include <string>

#include "probes/model/observation.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

// Who asked for what, as far as the URL says it.
struct Login {
    std::string server;    // for people: "db:5432"
    std::string role;      // empty: libpq's default
    std::string database;  // empty: named as the role
};

model::ProbeFailure interpret(const ServerError& error, const Login& login);

}  // namespace schemalatch::postgres
