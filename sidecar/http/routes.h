// Status in, answer out. Pure: no socket, no clock, no lock.
#pragma once

#include "sidecar/http/message.h"
#include "sidecar/status.h"

namespace schemalatch::http {

// For GET and HEAD. `counts` are what /metrics tells of the answers given so far.
Response respond(const Request& request, const Status& status, const RequestCounts& counts);

// Whether /readyz answers 200: every enforced dependency's gate is ready.
bool is_ready(const Status& status);

}  // namespace schemalatch::http
