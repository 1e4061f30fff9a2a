#include "sidecar/http/listen_address.h"

#include <charconv>

#include "probes/model/printable.h"

namespace schemalatch::http {

tl::expected<Address, std::string> parse_address(const std::string& text) {
    const auto wrong = [&] {
        return tl::make_unexpected(model::quoted(text) +
                                   " is not HOST:PORT; write one such as 127.0.0.1:7355 or [::]:7355");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return wrong();
    std::string host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.find(':') != std::string::npos) return wrong();
    const char* const end = text.data() + text.size();
    std::uint16_t port = 0;
    const auto [stopped, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error != std::errc{} || stopped != end) return wrong();
    return Address{host.empty() ? "::" : host, port};
}

}  // namespace schemalatch::http
