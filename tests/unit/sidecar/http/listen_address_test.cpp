#include "sidecar/http/listen_address.h"

#include <string>
#include <vector>

#include "sidecar/config/config.h"
#include "tests/support/catch.h"

namespace schemalatch::http {
namespace {

TEST_CASE("a listen address is a host and a port", "[http]") {
    struct Row {
        const char* text;
        const char* host;
        int port;
    };
    const std::vector<Row> rows{
        {"[::]:7355", "::", 7355},
        {"[::1]:80", "::1", 80},
        {"0.0.0.0:7355", "0.0.0.0", 7355},
        {"127.0.0.1:0", "127.0.0.1", 0},
        {"localhost:8080", "localhost", 8080},
        {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
        {"orders.example:65535", "orders.example", 65535},
        {":7355", "::", 7355},
        {"[]:7355", "::", 7355},
        {"[127.0.0.1]:80", "127.0.0.1", 80},
        {"localhost:0080", "localhost", 80},
    };
    for (const auto& [text, host, port] : rows) {
        CAPTURE(text);
        const auto address = parse_address(text);
        REQUIRE(address);
        CHECK(address->host == host);
        CHECK(address->port == port);
    }
}

TEST_CASE("what is no listen address is refused, with what one looks like", "[http]") {
    for (const std::string text : {"",
                                   ":",
                                   "7355",
                                   "localhost",
                                   "localhost:",
                                   "localhost:http",
                                   "localhost:65536",
                                   "localhost:99999999999999999999",
                                   "localhost:-1",
                                   "localhost:+1",
                                   "localhost: 80",
                                   "localhost:80 ",
                                   "localhost:8 0",
                                   "localhost:0x50",
                                   "localhost:80/",
                                   "::1:80",
                                   "::",
                                   "[::1]",
                                   "[::1]80",
                                   "fe80::1:80",
                                   "[::1]:80:90",
                                   "[::1:80"}) {
        CAPTURE(text);
        const auto address = parse_address(text);
        REQUIRE_FALSE(address);
        CHECK(address.error() == "\"" + text + "\" is not HOST:PORT; write one such as 127.0.0.1:7355 or [::]:7355");
    }
}

TEST_CASE("a refused address is shown in one printable line", "[http]") {
    CHECK(parse_address("a\n\x1B[31m").error() ==
          R"("a\x0a\x1b[31m" is not HOST:PORT; write one such as 127.0.0.1:7355 or [::]:7355)");
    CHECK(parse_address(std::string(100'000, 'x')).error().size() < 1000);
}

TEST_CASE("a URL in place of an address is not repeated", "[http]") {
    const auto address = parse_address("postgresql://u:ZQX@h:5432/db");
    REQUIRE_FALSE(address);
    CHECK(address.error().find("ZQX") == std::string::npos);
}

TEST_CASE("the default is an address", "[http]") { CHECK(parse_address(config::HttpSettings{}.listen)); }

}  // namespace
}  // namespace schemalatch::http
