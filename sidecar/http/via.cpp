#include "sidecar/http/via.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "sidecar/http/listen_address.h"
#include "sidecar/http/version_reader.h"

namespace schemalatch::http {

namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kWrite = "; write it such as http://127.0.0.1:7355";

tl::unexpected<std::string> wrong(std::string_view what) {
    return tl::make_unexpected("--via " + std::string{what} + std::string{kWrite});
}

// What may stand in a name or a numeric address. The host goes into the request's head.
bool is_host(const std::string& host) {
    return std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_' || c == ':' || c == '%';
    });
}

bool is_any_ipv4(const std::string& host) {
    in_addr address{};
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && address.s_addr == htonl(INADDR_ANY);
}

bool is_any_ipv6(const std::string& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, host.c_str(), &address) == 1 && IN6_IS_ADDR_UNSPECIFIED(&address);
}

std::string not_understood(const std::string& where, const std::string& path, const std::string& problem) {
    return where + " does not answer " + path + " as a sidecar does: " + problem +
           "; correct --via, or use the schemalatch of the sidecar's version";
}

}  // namespace

tl::expected<Address, std::string> parse_via(const std::string& text) {
    std::string rest = text;
    if (rest.starts_with("https://")) return wrong("does not take https: a sidecar speaks HTTP without TLS");
    if (rest.starts_with(kScheme)) {
        rest.erase(0, kScheme.size());
        if (rest.ends_with('/')) rest.pop_back();
    }
    if (rest.find("://") != std::string::npos) return wrong("takes the address of a sidecar, and this is another URL");
    if (rest.find('@') != std::string::npos) return wrong("takes no user and no password: a sidecar asks for none");
    if (rest.find_first_of("/?#") != std::string::npos) return wrong("takes no path and no query");
    const auto address = parse_address(rest);
    if (!address || !is_host(address->host)) return wrong("is not HOST:PORT");
    if (address->port == 0) return wrong("names port 0, which nobody can be asked at");
    return loopback_of(*address);
}

// [::] serves IPv4 too, and falls back to 0.0.0.0 where IPv6 is off: IPv4's loopback answers in both cases.
Address loopback_of(const Address& listen) {
    if (is_any_ipv4(listen.host) || is_any_ipv6(listen.host)) return {"127.0.0.1", listen.port};
    return listen;
}

tl::expected<Status, std::string> Via::ask(const model::Deadline& deadline) {
    const auto body = client_.get("/version", deadline);
    if (!body) return tl::make_unexpected(body.error());
    auto status = parse_version(*body);
    if (!status) return tl::make_unexpected(not_understood(client_.where(), "/version", status.error()));
    return status;
}

tl::expected<DependencyStatus, std::string> Via::ask_for(const std::string& name, const model::Deadline& deadline) {
    const std::string path = "/version/" + name;
    const auto body = client_.get(path, deadline);
    if (!body) return tl::make_unexpected(body.error());
    auto dependency = parse_dependency(*body);
    if (!dependency) return tl::make_unexpected(not_understood(client_.where(), path, dependency.error()));
    if (dependency->name != name)
        return tl::make_unexpected(not_understood(client_.where(), path, "\"name\" is another dependency's"));
    return dependency;
}

tl::expected<Status, std::string> Via::ask_whole(const model::Deadline& deadline) {
    auto status = ask(deadline);
    if (!status) return status;
    const auto count = std::min(status->dependencies.size(), kMostAskedWhole);
    for (std::size_t i = 0; i < count; ++i) {
        auto whole = ask_for(status->dependencies[i]->name, deadline);
        if (!whole) return tl::make_unexpected(whole.error());
        status->dependencies[i] = std::make_shared<const DependencyStatus>(std::move(*whole));
    }
    return status;
}

}  // namespace schemalatch::http
