// The longer answers but /version's (version_json.h), each a pure function of the status. Used by the routes.
#pragma once

#include <string>

#include "sidecar/http/message.h"
#include "sidecar/status.h"

namespace schemalatch::http {

// Body of /metrics: Prometheus text format 0.0.4.
std::string metrics_text(const Status& status, bool ready, const RequestCounts& counts);

// Body of /: one HTML page that loads nothing.
std::string status_page(const Status& status, bool ready);

}  // namespace schemalatch::http
