// A request and an answer, in the few words that our routes need. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
    std::shared_ptr<const std::string> shared = nullptr;  // in place of `body`: one that many answers share
    std::string_view route = "other";  // the route's name for the metrics: "/readyz", "/readyz/NAME", ... or "other"
};

// What a connection sends: bytes of its own, and behind them what it shares with others.
struct Reply {
    // NOLINTNEXTLINE(google-explicit-constructor): most answers are nothing but their bytes
    Reply(std::string bytes = {}, std::shared_ptr<const std::string> rest = nullptr)
        : own{std::move(bytes)}, shared{std::move(rest)} {}

    std::string own;
    std::shared_ptr<const std::string> shared;
};

// How many answers each route gave with each code.
using RequestCounts = std::map<std::pair<std::string, int>, std::uint64_t>;

}  // namespace schemalatch::http
