// Where to listen. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace schemalatch::http {

struct Address {
    std::string host;        // numeric or a name; "::" also serves IPv4, and falls back to 0.0.0.0 where IPv6 is off
    std::uint16_t port = 0;  // 0: any free one
    std::string_view setting = "--listen or http.listen";  // where a user chooses it, for messages
};

}  // namespace schemalatch::http
