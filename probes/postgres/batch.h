// The SQL of one look, and what its answers mean. Pure.
#pragma once

#include <chrono>
#include <string>

#include "probes/model/observation.h"
#include "probes/postgres/place.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

// All statements of one look. `left` is the time until the look's deadline; the server is told to give up a little
// earlier, on a lock much earlier.
std::string batch_sql(const Subject& subject, std::chrono::milliseconds left);

// The batch must not have ended in a lost connection; that is for the caller to tell.
model::Look interpret(const Subject& subject, const BatchResult& batch);

// Who asked for what, as far as the URL says it.
struct Login {
    std::string server;    // for people: "db:5432"
    std::string role;      // empty: libpq's default
    std::string database;  // empty: named as the role
};

// A connection that was refused, or an answer that did not come.
model::ProbeFailure interpret(const ServerError& error, const Login& login);

}  // namespace schemalatch::postgres
