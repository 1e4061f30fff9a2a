// What one look asks a server, and what the answers mean. Plain value; pure.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "probes/model/observation.h"
#include "probes/model/run.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

struct Question {
    // All statements of one look; `left` is the time until its deadline.
    std::function<std::string(std::chrono::milliseconds left)> sql;

    // Of a batch that did not end in a lost connection.
    std::function<model::Look(const BatchResult& batch)> interpret;

    // Whose journal belongs to the look, by the same batch. Empty: the look is about no bookkeeping in particular.
    std::function<model::Target(const BatchResult& batch)> target = {};
};

// How every look begins: read-only, and told to give up a little before its deadline, on a lock much earlier.
std::string limits_sql(std::chrono::milliseconds left);

}  // namespace schemalatch::postgres
