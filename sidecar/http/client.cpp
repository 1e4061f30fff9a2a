#include "sidecar/http/client.h"

#include <httplib.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "probes/model/printable.h"
#include "probes/net/wait.h"
#include "sidecar/descriptor.h"
#include "sidecar/http/limits.h"

namespace schemalatch::http {

namespace {

using model::Deadline;
using net::Wait;
using Connected = tl::expected<Descriptor, std::string>;

constexpr int kOk = 200;
constexpr const char* kTooLate = "no answer in time";
constexpr const char* kToldToStop = "told to stop before it answered";

const char* word_for(Wait wait) { return wait == Wait::stopped ? kToldToStop : kTooLate; }

tl::unexpected<std::string> refused(int error) { return tl::make_unexpected(std::string{std::strerror(error)}); }

int error_of(const Descriptor& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

// ---- The connection -----------------------------------------------------------------------------------------------

Connected connect_to(const addrinfo& peer, const Deadline& deadline) {
    Descriptor socket{::socket(peer.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) return refused(errno);
    if (::connect(socket.get(), peer.ai_addr, peer.ai_addrlen) == 0) return socket;
    if (errno != EINPROGRESS) return refused(errno);
    if (const auto wait = net::wait_for(socket.get(), POLLOUT, deadline); wait != Wait::ready)
        return tl::make_unexpected(std::string{word_for(wait)});
    if (const int error = error_of(socket); error != 0) return refused(error);
    return socket;
}

Connected connect_to(const std::string& numeric, std::uint16_t port, const Deadline& deadline) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0)
        return tl::make_unexpected(std::string{::gai_strerror(code)});
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> peer{found, &::freeaddrinfo};
    return connect_to(*peer, deadline);
}

Connected connect_to_any(const net::Addresses& addresses, std::uint16_t port, const Deadline& deadline) {
    Connected connected;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto share = model::share_of(deadline, std::chrono::steady_clock::now(), addresses.size() - i);
        connected = connect_to(addresses[i], port, share);
        if (connected || net::is_stopped(deadline)) break;
    }
    return connected;
}

// ---- What cpp-httplib reads from and writes to ---------------------------------------------------------------------

// No member is marked `override`: which of them are in the base class depends on cpp-httplib's version, as router.cpp
// tells.
// NOLINTBEGIN(modernize-use-override)
class DeadlineStream : public httplib::Stream {
public:
    DeadlineStream(const Descriptor& socket, const Deadline& deadline) : socket_{socket}, deadline_{deadline} {}

    // Bytes that may still come.
    void allow(std::size_t bytes) { allowed_ = bytes; }

    bool was_silent() const { return !heard_; }
    bool has_ended() const { return ended_; }

    // Why it ended before the answer did.
    const std::string& problem() const { return problem_; }

    ssize_t read(char* bytes, std::size_t size) {
        if (allowed_ == 0) return fail("its answer is too large");
        if (ahead_.empty()) {
            if (const auto count = receive(); count <= 0) return count;
        }
        const auto count = ahead_.copy(bytes, std::min(size, allowed_));
        ahead_.remove_prefix(count);
        allowed_ -= count;
        return static_cast<ssize_t>(count);
    }

    ssize_t write(const char* bytes, std::size_t size) {
        return go_on(POLLOUT, [&] { return ::send(socket_.get(), bytes, size, MSG_NOSIGNAL); });
    }

    bool is_readable() const { return true; }
    bool is_writable() const { return true; }
    bool wait_readable() const { return true; }
    bool wait_writable() const { return true; }
    time_t duration() const { return 0; }
    void get_remote_ip_and_port(std::string&, int&) const {}
    void get_local_ip_and_port(std::string&, int&) const {}
    socket_t socket() const { return INVALID_SOCKET; }

private:
    ssize_t fail(const std::string& problem) {
        if (problem_.empty()) problem_ = problem;
        return -1;
    }

    // cpp-httplib reads heads and chunk sizes byte by byte: a system call for each would take longer than any deadline.
    ssize_t receive() {
        const auto count = go_on(POLLIN, [&] { return ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0); });
        if (count > 0) ahead_ = {buffer_.data(), static_cast<std::size_t>(count)};
        heard_ = heard_ || count > 0;
        ended_ = ended_ || count == 0;
        return count;
    }

    template <typename Step>
    ssize_t go_on(short events, const Step& step) {
        for (;;) {
            if (const auto wait = net::wait_for(socket_.get(), events, deadline_); wait != Wait::ready)
                return fail(word_for(wait));
            const ssize_t count = step();
            if (count >= 0) return count;
            if (errno != EAGAIN && errno != EINTR) return fail(std::strerror(errno));
        }
    }

    const Descriptor& socket_;
    Deadline deadline_;
    std::array<char, 16384> buffer_{};
    std::string_view ahead_;  // of the buffer: received, and not read yet
    std::size_t allowed_ = kAnswerHeadLimit;
    bool heard_ = false;
    bool ended_ = false;
    std::string problem_;
};
// NOLINTEND(modernize-use-override)

// ---- One request and its answer -----------------------------------------------------------------------------------

struct Answer {
    bool whole = false;
    int code = 0;  // 0: none came
    std::string body;
};

// Never connects by itself; it only speaks.
class Exchange : public httplib::ClientImpl {
public:
    using httplib::ClientImpl::ClientImpl;

    Answer get(const std::string& path, DeadlineStream& stream) {
        Answer answer;
        httplib::Request request;
        request.method = "GET";
        request.path = path;
        request.set_header("Accept", "application/json");
        request.set_header("User-Agent", "schemalatch");
        request.response_handler = [&](const httplib::Response& head) {
            stream.allow(kAnswerLimit);
            return head.status == kOk;
        };
        request.content_receiver = [&](const char* bytes, std::size_t size, std::uint64_t, std::uint64_t) {
            answer.body.append(bytes, size);
            return true;
        };
        set_decompress(false);
        httplib::Response response;
        httplib::Error error{};
        constexpr bool kCloseAfter = true;
        answer.whole = process_request(stream, request, response, kCloseAfter, error);
        answer.code = std::max(response.status, 0);
        return answer;
    }
};

std::string with_brackets(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// What is wrong with the answer for `path`, if it is a server's that is no sidecar; empty: nothing.
std::string strangeness(const Answer& answer, const std::string& path) {
    constexpr int kNotFound = 404;
    if (answer.code == 0) return "what came for " + path + " is not HTTP";
    if (answer.code == kNotFound) return "404 for " + path + ", which detail_listen may have moved to another address";
    if (answer.code != kOk) return std::to_string(answer.code) + " for " + path;
    return "";
}

}  // namespace

Client::Client(Address address) : address_{std::move(address)} {}

std::string Client::where() const {
    return "http://" + with_brackets(model::printable(address_.host)) + ":" + std::to_string(address_.port);
}

tl::expected<std::string, std::string> Client::get(const std::string& path, const Deadline& deadline) {
    const std::string nobody = "no sidecar answers at " + where() + ": ";
    const auto nobody_there = [&](const std::string& why) {
        return tl::make_unexpected(nobody + why + "; start schemalatch serve there, or correct --via");
    };
    const auto addresses = resolver_.resolve(address_.host, deadline);
    if (!addresses) return tl::make_unexpected(nobody + addresses.error());
    const auto socket = connect_to_any(*addresses, address_.port, deadline);
    if (!socket) return nobody_there(socket.error());

    DeadlineStream stream{*socket, deadline};
    auto answer = Exchange{address_.host, address_.port}.get(path, stream);
    if (answer.whole && answer.code == kOk) return std::move(answer.body);
    if (!stream.problem().empty()) return nobody_there(stream.problem());
    if (stream.was_silent()) return nobody_there("it closes the connection without an answer");
    if (const auto what = strangeness(answer, path); !what.empty())
        return tl::make_unexpected(where() + " does not answer as a sidecar does: " + what + "; correct --via");
    // cpp-httplib gave up by itself, on a chunk without a size or, from 0.18 on, on the 101st line of a head.
    const auto* const why = stream.has_ended() ? " ended before it was whole" : " is broken, or its head too large";
    return nobody_there("its answer for " + path + why);
}

}  // namespace schemalatch::http
