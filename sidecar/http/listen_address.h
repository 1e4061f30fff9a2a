// "HOST:PORT" as users write it. Pure.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "sidecar/http/address.h"

namespace schemalatch::http {

// "[::]:7355", "127.0.0.1:7355", "localhost:0"; ":7355" means every address. The error says what is wrong, then what to
// write.
tl::expected<Address, std::string> parse_address(const std::string& text);

}  // namespace schemalatch::http
