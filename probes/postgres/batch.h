// The SQL of one look, and what its answers mean. Pure.
#pragma once

#include <chrono>
#include <string>

#include "probes/model/observation.h"
#include "probes/postgres/place.h"
#include "probes/postgres/question.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

Question what_is_applied(const Subject& subject);

// All statements of one look. `left` is the time until the look's deadline; the server is told to give up a little
// earlier, on a lock much earlier.
std::string batch_sql(const Subject& subject, std::chrono::milliseconds left);

// The batch must not have ended in a lost connection; that is for the caller to tell.
model::Look interpret(const Subject& subject, const BatchResult& batch);

}  // namespace schemalatch::postgres
