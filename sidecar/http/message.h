// A request and an answer, in the few words that our routes need. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace schemalatch::http {

// Which paths an address serves.
enum class Paths {
    all,     // Everything: the only address, or the one of detail_listen.
    probes,  // What a kubelet asks: /readyz, /readyz/NAME, /livez. The rest is not found.
};

struct Request {
    std::string path;           // decoded, without the query
    bool verbose = false;       // "?verbose" was given
    Paths served = Paths::all;  // by the address that it came to
};

struct Response {
    int code = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
    std::string_view route = "other";  // the route's name for the metrics: "/readyz", "/readyz/NAME", ... or "other"
};

// How many answers each route gave with each code.
using RequestCounts = std::map<std::pair<std::string, int>, std::uint64_t>;

}  // namespace schemalatch::http
