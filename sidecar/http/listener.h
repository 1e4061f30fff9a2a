// A socket that listens on one address.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "sidecar/descriptor.h"
#include "sidecar/http/address.h"

namespace schemalatch::http {

class Listener {
public:
    // Tells an address that is in use, even when it is another schemalatch that uses it. The error is one line that
    // names the address, what is wrong with it and what to do.
    static tl::expected<Listener, std::string> open(const Address& address);

    int fd() const { return socket_.get(); }

    std::uint16_t port() const;

    // The address as it is really served: "[::]:7355".
    std::string where() const;

private:
    explicit Listener(Descriptor socket) : socket_{std::move(socket)} {}
    Descriptor socket_;  // non-blocking
};

}  // namespace schemalatch::http
