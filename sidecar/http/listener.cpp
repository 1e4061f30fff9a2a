#include "sidecar/http/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "sidecar/http/limits.h"

namespace schemalatch::http {

namespace {

struct Refusal {
    std::string reason;
    bool machine_lacks_it = false;  // this kind of address does not exist here: another one may
};

Refusal refused() { return {std::strerror(errno), errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL}; }

std::string with_port(const std::string& host, const std::string& port) {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

void set_option(const Descriptor& socket, int level, int option, int value) {
    ::setsockopt(socket.get(), level, option, &value, sizeof value);
}

tl::expected<Descriptor, Refusal> bind_to(const addrinfo& candidate) {
    Descriptor socket{::socket(candidate.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) return tl::unexpected(refused());
    // REUSEADDR lets a restarted sidecar bind while old connections are in TIME_WAIT. Never REUSEPORT: two processes
    // would share the port without a word, and the kubelet would ask one of them by chance.
    set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (candidate.ai_family == AF_INET6) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (::bind(socket.get(), candidate.ai_addr, candidate.ai_addrlen) < 0) return tl::unexpected(refused());
    if (::listen(socket.get(), kBacklog) < 0) return tl::unexpected(refused());
    return socket;
}

// The first of the host's addresses that this machine has decides.
tl::expected<Descriptor, Refusal> bind_to(const Address& address) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (error != 0) return tl::unexpected(Refusal{::gai_strerror(error), error == EAI_FAMILY});
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> candidates{found, &::freeaddrinfo};

    auto bound = bind_to(*found);
    while (!bound && bound.error().machine_lacks_it && found->ai_next != nullptr) {
        found = found->ai_next;
        bound = bind_to(*found);
    }
    return bound;
}

struct Name {
    std::string host;
    std::string port;
};

Name name_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char host[NI_MAXHOST] = "";
    char port[NI_MAXSERV] = "";
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    ::getsockname(socket, generic, &size);
    ::getnameinfo(generic, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    return {host, port};
}

}  // namespace

tl::expected<Listener, std::string> Listener::open(const Address& address) {
    auto bound = bind_to(address);
    if (!bound && bound.error().machine_lacks_it && address.host == "::")
        bound = bind_to({.host = "0.0.0.0", .port = address.port});
    if (bound) return Listener{std::move(*bound)};
    return tl::unexpected("cannot listen on " + with_port(address.host, std::to_string(address.port)) + ": " +
                          bound.error().reason + "; choose another with " + std::string{address.setting});
}

std::uint16_t Listener::port() const { return static_cast<std::uint16_t>(std::stoi(name_of(fd()).port)); }

std::string Listener::where() const {
    const auto name = name_of(fd());
    return with_port(name.host, name.port);
}

}  // namespace schemalatch::http
