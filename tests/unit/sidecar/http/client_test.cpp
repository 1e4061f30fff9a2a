#include "sidecar/http/client.h"

#include <sys/eventfd.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "sidecar/descriptor.h"
#include "sidecar/http/router.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"

namespace schemalatch::http {
namespace {

using namespace std::chrono_literals;
using support::Peer;
using support::ScriptedServer;
using Clock = std::chrono::steady_clock;

model::Deadline within(std::chrono::milliseconds limit) { return {Clock::now() + limit}; }

// Plenty: only a failing test waits that long.
model::Deadline in_good_time() { return within(10s); }

tl::expected<std::string, std::string> get(const ScriptedServer& server, model::Deadline deadline = in_good_time()) {
    return Client{{"127.0.0.1", server.port()}}.get("/version", deadline);
}

ScriptedServer::Script answering(const std::string& bytes) {
    return [bytes](Peer& peer) {
        peer.read_head();
        peer.send(bytes);
    };
}

std::string answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string at(const ScriptedServer& server) { return "http://127.0.0.1:" + std::to_string(server.port()); }

constexpr const char* kRemedy = "; start schemalatch serve there, or correct --via";

TEST_CASE("the body of a sidecar's own answer comes through", "[client]") {
    Router router{[](const Request& request, const RequestCounts&) {
        Response response;
        response.body = "body of " + request.path + "\n";
        return response;
    }};
    const ScriptedServer server{[&](Peer& peer) { peer.send(router.answer(peer.read_head()).own); }};
    CHECK(get(server).value() == "body of /version\n");
}

TEST_CASE("the request is a plain GET that asks for nothing special, and names the host", "[client]") {
    std::string head;
    {
        const ScriptedServer server{[&](Peer& peer) {
            head = peer.read_head();
            peer.send(answer("x"));
        }};
        REQUIRE(get(server));
        CHECK(head.find("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
    }
    CHECK(head.starts_with("GET /version HTTP/1.1\r\n"));
    CHECK(head.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(head.find("Accept-Encoding") == std::string::npos);
}

TEST_CASE("a body may come by length, in chunks, or until the connection closes", "[client]") {
    for (const auto* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "HTTP/1.0 200 OK\r\n\r\nbody",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"}) {
        const ScriptedServer server{answering(bytes)};
        CHECK(get(server).value() == "body");
    }
}

TEST_CASE("a body that claims to be compressed is not unpacked", "[client]") {
    const ScriptedServer server{
        answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody")};
    CHECK(get(server).value() == "body");
}

TEST_CASE("where nobody listens the error says so, and what to do", "[client]") {
    std::uint16_t port = 0;
    {
        const ScriptedServer gone{[](Peer&) {}};
        port = gone.port();
    }
    const auto told = Client{{"127.0.0.1", port}}.get("/version", in_good_time());
    REQUIRE_FALSE(told);
    CHECK(told.error() ==
          "no sidecar answers at http://127.0.0.1:" + std::to_string(port) + ": Connection refused" + kRemedy);
}

TEST_CASE("a name that has several addresses is asked at each", "[client]") {
    const ScriptedServer server{answering(answer("body"))};  // not at ::1
    CHECK(Client{{"localhost", server.port()}}.get("/version", in_good_time()).value() == "body");
}

TEST_CASE("a name that cannot be resolved is told as that", "[client]") {
    const auto told = Client{{"does-not-exist.invalid", 7355}}.get("/version", within(2s));
    REQUIRE_FALSE(told);
    CHECK(
        told.error().starts_with("no sidecar answers at http://does-not-exist.invalid:7355: host name "
                                 "\"does-not-exist.invalid\" cannot be resolved: "));
}

TEST_CASE("an IPv6 literal stands in brackets", "[client]") {
    CHECK(Client{{"::1", 7355}}.where() == "http://[::1]:7355");
    CHECK(Client{{"orders", 80}}.where() == "http://orders:80");
}

TEST_CASE("one deadline holds over all that a server can draw out", "[client][realtime]") {
    const auto drip = [](Peer& peer, const std::string& bytes) {
        for (const char byte : bytes) {
            if (!peer.send({&byte, 1})) return;
            peer.pause_or_gone(20ms);
        }
    };
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    const std::vector<ScriptedServer::Script> scripts{
        [](Peer& peer) { peer.wait_until_gone(); },
        [&](Peer& peer) { drip(peer, "HTTP/1.1 200 " + std::string(1000, 'x')); },
        [&](Peer& peer) {
            peer.send("HTTP/1.1 200 OK\r\n");
            drip(peer, std::string(1000, 'x'));
        },
        [&](Peer& peer) {
            peer.send(head);
            drip(peer, std::string(1000, 'x'));
        },
        [&](Peer& peer) {
            for (;;) {
                if (!peer.send("HTTP/1.1 100 Continue\r\n\r\n")) return;
                peer.pause_or_gone(20ms);
            }
        },
    };
    for (const auto& script : scripts) {
        const ScriptedServer server{script};
        const auto before = Clock::now();
        const auto told = get(server, within(300ms));
        const auto took = Clock::now() - before;
        REQUIRE_FALSE(told);
        CHECK(told.error() == "no sidecar answers at " + at(server) + ": no answer in time" + kRemedy);
        CHECK(took >= 300ms);
        CHECK(took < 2s);
    }
}

TEST_CASE("a process that is told to stop waits for no answer", "[client]") {
    const ScriptedServer server{[](Peer& peer) { peer.wait_until_gone(); }};
    const Descriptor stop{::eventfd(1, EFD_CLOEXEC)};
    const auto before = Clock::now();
    const auto told = get(server, {Clock::now() + 10s, stop.get()});
    REQUIRE_FALSE(told);
    CHECK(told.error() == "no sidecar answers at " + at(server) + ": told to stop before it answered" + kRemedy);
    CHECK(Clock::now() - before < 5s);
}

TEST_CASE("an answer that is no sidecar's is refused in one line that names it", "[client]") {
    struct Row {
        std::string bytes, what;
    };
    const std::string stranger = " does not answer as a sidecar does: ";
    const std::vector<Row> rows{
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
         "404 for /version, which detail_listen may have moved to another address"},
        {"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", "302 for /version"},
        {"HTTP/1.1 204 No Content\r\n\r\n", "204 for /version"},
        {"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", "401 for /version"},
        {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n", "503 for /version"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "what came for /version is not HTTP"},
        {"HTTP/1.1 200", "what came for /version is not HTTP"},
        {"\x15\x03\x01\x00\x02\x02\x46", "what came for /version is not HTTP"},
    };
    for (const auto& [bytes, what] : rows) {
        CAPTURE(bytes);
        const ScriptedServer server{answering(bytes)};
        const auto told = get(server);
        REQUIRE_FALSE(told);
        CHECK(told.error() == at(server) + stranger + what + "; correct --via");
    }
}

TEST_CASE("an answer that ends too early is not taken for a whole one", "[client]") {
    struct Row {
        std::string bytes, what;
    };
    const std::vector<Row> rows{
        {"", "it closes the connection without an answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "its answer for /version ended before it was whole"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "its answer for /version ended before it was whole"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nha",
         "its answer for /version ended before it was whole"},
    };
    for (const auto& [bytes, what] : rows) {
        CAPTURE(bytes);
        const ScriptedServer server{answering(bytes)};
        const auto told = get(server);
        REQUIRE_FALSE(told);
        CHECK(told.error() == "no sidecar answers at " + at(server) + ": " + what + kRemedy);
    }
}

TEST_CASE("an answer that is too large is cut off, in its head as in its body", "[client]") {
    const std::string much(100'000, 'x');
    std::string one_byte_chunks;
    for (int i = 0; i < 10'000; ++i) one_byte_chunks += "1\r\nx\r\n";
    const auto for_ever = [&](const std::string& begin, const std::string& more) {
        return [=](Peer& peer) {
            peer.read_head();
            if (peer.send(begin)) {
                while (peer.send(more)) {
                }
            }
        };
    };
    const std::vector<ScriptedServer::Script> scripts{
        for_ever("HTTP/1.1 200 ", much),
        for_ever("HTTP/1.1 200 OK\r\nX: ", much),
        for_ever("HTTP/1.1 200 OK\r\n", "X: " + much.substr(0, 100) + "\r\n"),
        for_ever("", "HTTP/1.1 100 Continue\r\n\r\n"),
        for_ever("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", much),
        for_ever("HTTP/1.1 200 OK\r\n\r\n", much),
        for_ever("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", one_byte_chunks),
    };
    for (const auto& script : scripts) {
        const ScriptedServer server{script};
        const auto told = get(server);
        REQUIRE_FALSE(told);
        CHECK(told.error() == "no sidecar answers at " + at(server) + ": its answer is too large" + kRemedy);
    }
}

TEST_CASE("an answer whose head has too many lines is refused, by whoever counts first", "[client]") {
    const ScriptedServer server{[](Peer& peer) {
        peer.read_head();
        if (!peer.send("HTTP/1.1 200 OK\r\n")) return;
        while (peer.send("X: y\r\n")) {
        }
    }};
    const auto told = get(server);
    REQUIRE_FALSE(told);
    const std::set<std::string> words{"is too large", "for /version is broken, or its head too large"};
    std::set<std::string> sentences;
    for (const auto& word : words)
        sentences.insert("no sidecar answers at " + at(server) + ": its answer " + word + kRemedy);
    CHECK(sentences.count(told.error()) == 1);
}

TEST_CASE("an answer with a chunk that has no size is told from one that ended too early", "[client]") {
    const ScriptedServer server{[](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n");
        peer.wait_until_gone();
    }};
    const auto told = get(server);
    REQUIRE_FALSE(told);
    CHECK(told.error() == "no sidecar answers at " + at(server) +
                              ": its answer for /version is broken, or its head too large" + kRemedy);
}

TEST_CASE("a client can be asked again and again", "[client]") {
    const ScriptedServer server{answering(answer("body"))};
    Client client{{"localhost", server.port()}};
    for (int i = 0; i < 50; ++i) CHECK(client.get("/version", in_good_time()).value() == "body");
}

}  // namespace
}  // namespace schemalatch::http
