// --via: the status of a running sidecar instead of a look of one's own.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "sidecar/http/address.h"
#include "sidecar/http/client.h"
#include "sidecar/status.h"

namespace schemalatch::http {

// "http://127.0.0.1:7355", also with a "/" behind it, "127.0.0.1:7355", "[::1]:7355"; ":7355" is this machine's
// loopback. The port must be named: HTTP's own is 80, a sidecar's is 7355. The error is one line, and never repeats
// what may hold a password.
tl::expected<Address, std::string> parse_via(const std::string& text);

// Where a sidecar of this machine that listens on `listen` is asked. Port 0 stays: nobody knows which one it became.
Address loopback_of(const Address& listen);

// Not thread-safe. Both answers take what the sidecar says as hostile, and the error is one line for people.
class Via {
public:
    // Beyond as many, dependencies are told with the first kMostListed of each list.
    static constexpr std::size_t kMostAskedWhole = 64;

    explicit Via(Address address) : client_{std::move(address)} {}

    // One request; lists hold at most the first kMostListed.
    tl::expected<Status, std::string> ask(const model::Deadline& deadline);

    // One more request for each dependency; whole lists. One deadline over all of them.
    tl::expected<Status, std::string> ask_whole(const model::Deadline& deadline);

private:
    tl::expected<DependencyStatus, std::string> ask_for(const std::string& name, const model::Deadline& deadline);

    Client client_;
};

}  // namespace schemalatch::http
