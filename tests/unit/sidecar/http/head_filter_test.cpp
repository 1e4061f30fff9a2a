#include "sidecar/http/head_filter.h"

#include <string>

#include "tests/support/catch.h"

using schemalatch::http::filter_head;

namespace {

std::string passed(const std::string& head) { return filter_head(head).text; }

bool announces_body(const std::string& headers) {
    return filter_head("GET /readyz HTTP/1.1\r\n" + headers + "\r\n").announces_body;
}

}  // namespace

TEST_CASE("the request line passes the head filter and no header does", "[http]") {
    CHECK(
        passed("GET /readyz?verbose HTTP/1.1\r\nHost: 10.0.0.1\r\nRange: bytes=0-0\r\nexpect: 100-continue\r\n\r\n") ==
        "GET /readyz?verbose HTTP/1.1\r\n\r\n");
    CHECK(passed("HEAD / HTTP/1.0\r\n\r\n") == "HEAD / HTTP/1.0\r\n\r\n");
}

TEST_CASE("a header that hides behind a bare line feed does not pass the head filter", "[http]") {
    CHECK(passed("GET / HTTP/1.1\r\nX: a\nRange: bytes=0-0\r\n\r\n") == "GET / HTTP/1.1\r\n\r\n");
    CHECK(passed("GET / HTTP/1.1\nRange: bytes=0-0\r\n\r\n") == "GET / HTTP/1.1\n\r\n");
}

TEST_CASE("every method but GET and HEAD passes the head filter as OPTIONS", "[http]") {
    CHECK(passed("POST / HTTP/1.1\r\n\r\n") == "OPTIONS / HTTP/1.1\r\n\r\n");
    CHECK(passed("M-SEARCH * HTTP/1.1\r\n\r\n") == "OPTIONS * HTTP/1.1\r\n\r\n");
    CHECK(passed("get / HTTP/1.1\r\n\r\n") == "OPTIONS / HTTP/1.1\r\n\r\n");
}

TEST_CASE("what is no method passes the head filter as it is", "[http]") {
    CHECK(passed("G(T / HTTP/1.1\r\n\r\n") == "G(T / HTTP/1.1\r\n\r\n");
    CHECK(passed(" / HTTP/1.1\r\n\r\n") == " / HTTP/1.1\r\n\r\n");
    CHECK(passed("\r\n\r\n") == "\r\n\r\n");
    CHECK(passed("") == "\r\n");
}

TEST_CASE("a body is announced by a length other than zero or by any transfer encoding", "[http]") {
    CHECK(announces_body("Content-Length: 5\r\n"));
    CHECK(announces_body("Host: a\r\nCONTENT-LENGTH:\t5 \r\n"));
    CHECK(announces_body("Content-Length: nonsense\r\n"));
    CHECK(announces_body("transfer-encoding: chunked\r\n"));
    CHECK(announces_body("Transfer-Encoding : identity\r\n"));
    CHECK(announces_body("Content-Length: 0\r\nContent-Length: 7\r\n"));

    CHECK_FALSE(announces_body(""));
    CHECK_FALSE(announces_body("Content-Length: 0\r\n"));
    CHECK_FALSE(announces_body("X-Content-Length: 5\r\nContent-Length-Of: 5\r\nContent\r\n"));
}
