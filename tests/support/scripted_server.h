// A server on the loopback that does to each client what a test says, good or bad.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "sidecar/descriptor.h"
#include "tests/support/catch.h"

namespace schemalatch::support {

// One client of the server, as the script sees it. Every call ends when the client goes.
class Peer {
public:
    explicit Peer(int socket) : socket_{socket} {}

    // Up to and including the blank line.
    std::string read_head() {
        std::string head;
        std::array<char, 4096> chunk{};
        ssize_t count = 0;
        while (head.find("\r\n\r\n") == std::string::npos &&
               (count = ::recv(socket_, chunk.data(), chunk.size(), 0)) > 0)
            head.append(chunk.data(), static_cast<std::size_t>(count));
        return head;
    }

    // False: the client takes no more.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    // For that long at most.
    void pause_or_gone(std::chrono::milliseconds time) {
        pollfd gone{socket_, POLLRDHUP, 0};
        ::poll(&gone, 1, static_cast<int>(time.count()));
    }

    void wait_until_gone() {
        std::array<char, 4096> chunk{};
        while (::recv(socket_, chunk.data(), chunk.size(), 0) > 0) {
        }
    }

private:
    int socket_;
};

// Serves one client after the other, in a thread of its own, until the test is over.
class ScriptedServer {
public:
    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(Script script) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(socket_.get(), generic, size) == 0);
        REQUIRE(::listen(socket_.get(), 16) == 0);
        REQUIRE(::getsockname(socket_.get(), generic, &size) == 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this, script = std::move(script)] { serve(script); }};
    }

    ~ScriptedServer() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }

    std::uint16_t port() const { return port_; }

private:
    void serve(const Script& script) {
        for (;;) {
            const Descriptor client{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            if (!client) return;
            Peer peer{client.get()};
            script(peer);
        }
    }

    Descriptor socket_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace schemalatch::support
