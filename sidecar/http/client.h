// Asks another schemalatch over HTTP. One GET, one connection, and one deadline over name lookup, connecting, sending
// and an answer that drips.
//
// cpp-httplib's own client gives each read a timeout anew and looks names up without any, so a server that drips would
// hold it for ever. Here it writes the request and parses the answer, on a stream of ours that knows the deadline and
// counts the bytes. No redirect is followed, no proxy is asked, nothing is decompressed.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "probes/net/resolver.h"
#include "sidecar/http/address.h"

namespace schemalatch::http {

// Not thread-safe. Keep one for all requests: it remembers addresses, and never has more than one name lookup running.
class Client {
public:
    explicit Client(Address address);

    // The body of a 200. The error is one line that names the address, what is wrong with it and what to do. Returns by
    // the deadline whatever the other side does, or when the process is told to stop.
    tl::expected<std::string, std::string> get(const std::string& path, const model::Deadline& deadline);

    // "http://127.0.0.1:7355"
    std::string where() const;

private:
    Address address_;
    net::Resolver resolver_;
};

}  // namespace schemalatch::http
