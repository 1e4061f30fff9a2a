#include "sidecar/http/via.h"

#include <chrono>
#include <string>
#include <vector>

#include "sidecar/http/router.h"
#include "sidecar/http/routes.h"
#include "sidecar/http/version_json.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"
#include "tests/support/statuses.h"

namespace schemalatch::http {
namespace {

using support::behind;
using support::Peer;
using support::ready;
using support::ScriptedServer;
using support::seen;
using support::status_of;

model::Deadline in_good_time() { return {std::chrono::steady_clock::now() + std::chrono::seconds{10}}; }

std::string written(const std::string& text) {
    const auto address = parse_via(text);
    return address ? address->host + " " + std::to_string(address->port) : address.error();
}

// Answers as a sidecar with that status does.
ScriptedServer::Script sidecar_with(const Status& status) {
    return [status](Peer& peer) {
        Router router{
            [&](const Request& request, const RequestCounts& counts) { return respond(request, status, counts); }};
        peer.send(router.answer(peer.read_head()).own);
    };
}

// Says so, whatever is asked.
ScriptedServer::Script saying(const std::string& body) {
    return [body](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    };
}

Via via(const ScriptedServer& server) { return Via{{"127.0.0.1", server.port()}}; }

DependencyStatus far_behind(const std::string& name) {
    std::vector<std::string> ids;
    for (int i = 0; i < 50; ++i) ids.push_back("m" + std::to_string(i));
    return seen(name, gate::State::behind, "why",
                {.current = {"a"}, .missing = ids, .failed = {}, .primary = true, .at = {}});
}

TEST_CASE("a sidecar's address is written as a URL or as HOST:PORT", "[via]") {
    CHECK(written("http://127.0.0.1:7355") == "127.0.0.1 7355");
    CHECK(written("http://127.0.0.1:7355/") == "127.0.0.1 7355");
    CHECK(written("http://orders.prod.svc:80") == "orders.prod.svc 80");
    CHECK(written("http://[::1]:7355") == "::1 7355");
    CHECK(written("[fe80::1%eth0]:7355") == "fe80::1%eth0 7355");
    CHECK(written("localhost:7355") == "localhost 7355");
    CHECK(written(":7355") == "127.0.0.1 7355");
    CHECK(written("0.0.0.0:7355") == "127.0.0.1 7355");
}

TEST_CASE("what is no sidecar's address is refused with what to write, and never repeated", "[via]") {
    const std::string write = "; write it such as http://127.0.0.1:7355";
    struct Row {
        std::string text, what;
    };
    const std::vector<Row> rows{
        {"https://orders:7355", "--via does not take https: a sidecar speaks HTTP without TLS"},
        {"postgresql://u:planted@db/x", "--via takes the address of a sidecar, and this is another URL"},
        {"http://u:planted@orders:7355", "--via takes no user and no password: a sidecar asks for none"},
        {"u:planted@orders:7355", "--via takes no user and no password: a sidecar asks for none"},
        {"http://orders:7355/version", "--via takes no path and no query"},
        {"http://orders:7355?token=planted", "--via takes no path and no query"},
        {"http://orders:7355//", "--via takes no path and no query"},
        {"http://orders", "--via is not HOST:PORT"},
        {"orders", "--via is not HOST:PORT"},
        {"", "--via is not HOST:PORT"},
        {"http://", "--via is not HOST:PORT"},
        {"http://orders:http", "--via is not HOST:PORT"},
        {"orders:99999", "--via is not HOST:PORT"},
        {"::1:7355", "--via is not HOST:PORT"},
        {"or ders:7355", "--via is not HOST:PORT"},
        {"a\r\nX-Injected: 1:7355", "--via is not HOST:PORT"},
        {"orders:0", "--via names port 0, which nobody can be asked at"},
    };
    for (const auto& [text, what] : rows) {
        CAPTURE(text);
        CHECK(written(text) == what + write);
    }
}

TEST_CASE("a sidecar that listens on every address is asked on the loopback, another one where it listens", "[via]") {
    CHECK(loopback_of({"::", 7355}).host == "127.0.0.1");
    CHECK(loopback_of({"0:0:0:0:0:0:0:0", 7355}).host == "127.0.0.1");
    CHECK(loopback_of({"0.0.0.0", 7355}).host == "127.0.0.1");
    CHECK(loopback_of({"::1", 7355}).host == "::1");
    CHECK(loopback_of({"10.0.0.7", 7355}).host == "10.0.0.7");
    CHECK(loopback_of({"localhost", 7355}).host == "localhost");
    CHECK(loopback_of({"::", 81}).port == 81);
}

TEST_CASE("a sidecar's status comes through as it published it, with lists cut", "[via]") {
    const auto status = status_of({ready("first"), far_behind("second"), behind("third")});
    const ScriptedServer server{sidecar_with(status)};
    const auto told = via(server).ask(in_good_time());
    REQUIRE(told);
    CHECK(version_json(*told, false) == version_json(status, false));
    CHECK(told->dependencies.at(1)->sight->missing.size() == 20);
    CHECK(told->dependencies.at(1)->sight->missing_count() == 50);
}

TEST_CASE("a sidecar asked for all tells whole lists", "[via]") {
    const auto status = status_of({ready("first"), far_behind("second")});
    const ScriptedServer server{sidecar_with(status)};
    const auto told = via(server).ask_whole(in_good_time());
    REQUIRE(told);
    REQUIRE(told->dependencies.size() == 2);
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(dependency_json(*told->dependencies[i]) == dependency_json(*status.dependencies[i]));
}

TEST_CASE("of very many dependencies the last are told with lists cut", "[via]") {
    std::vector<DependencyStatus> many;
    for (std::size_t i = 0; i <= Via::kMostAskedWhole; ++i) many.push_back(far_behind("d" + std::to_string(i)));
    const ScriptedServer server{sidecar_with(status_of(many))};
    const auto told = via(server).ask_whole(in_good_time());
    REQUIRE(told);
    CHECK(told->dependencies.front()->sight->missing.size() == 50);
    CHECK(told->dependencies.back()->sight->missing.size() == 20);
    CHECK(told->dependencies.back()->sight->missing_count() == 50);
}

TEST_CASE("an answer that is not a sidecar's is told with what is wrong in it", "[via]") {
    const ScriptedServer server{saying("{}")};
    const auto told = via(server).ask(in_good_time());
    REQUIRE_FALSE(told);
    CHECK(told.error() == "http://127.0.0.1:" + std::to_string(server.port()) +
                              " does not answer /version as a sidecar does: \"schemalatch\" is missing; correct --via, "
                              "or use the schemalatch of the sidecar's version");
}

TEST_CASE("a sidecar that tells of another dependency than was asked for is not believed", "[via]") {
    const auto status = status_of({ready("orders")});
    const ScriptedServer server{[&](Peer& peer) {
        const bool is_first = peer.read_head().starts_with("GET /version HTTP");
        const auto body = is_first ? version_json(status, true) : dependency_json(ready("billing"));
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }};
    const auto told = via(server).ask_whole(in_good_time());
    REQUIRE_FALSE(told);
    CHECK(told.error().find("/version/orders as a sidecar does: \"name\" is another dependency's") !=
          std::string::npos);
}

}  // namespace
}  // namespace schemalatch::http
