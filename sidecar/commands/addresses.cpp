#include "sidecar/commands/addresses.h"

#include "sidecar/http/listen_address.h"
#include "sidecar/log.h"

namespace schemalatch::commands {

namespace {

bool add(std::vector<http::Address>& addresses, const std::string& key, const std::string& text) {
    auto address = http::parse_address(text);
    if (!address) {
        log::error(key + ": " + address.error());
        return false;
    }
    if (key == "detail_listen") address->setting = "http.detail_listen";
    addresses.push_back(std::move(*address));
    return true;
}

}  // namespace

std::optional<std::vector<http::Address>> addresses_of(const config::HttpSettings& settings) {
    std::vector<http::Address> addresses;
    bool good = add(addresses, "listen", settings.listen);
    if (!settings.detail_listen.empty()) good = add(addresses, "detail_listen", settings.detail_listen) && good;
    if (good && settings.listen == settings.detail_listen) {
        log::error("detail_listen: is the same as listen; leave it out, or give it a port of its own");
        good = false;
    }
    return good ? std::optional{std::move(addresses)} : std::nullopt;
}

}  // namespace schemalatch::commands
