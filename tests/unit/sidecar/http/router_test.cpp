#include "sidecar/http/router.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sidecar/http/limits.h"
#include "tests/support/catch.h"

using namespace schemalatch::http;

namespace {

using Lines = std::vector<std::string>;

// An answer, taken apart. Headers are sorted: their order depends on the version of cpp-httplib.
struct Answer {
    std::string status;
    Lines headers;
    std::string body;
};

Answer taken_apart(const std::string& text) {
    Answer answer;
    const auto blank_line = text.find("\r\n\r\n");
    std::istringstream head{text.substr(0, blank_line)};
    const auto next = [&head](std::string& line) {
        if (!std::getline(head, line)) return false;
        if (line.ends_with('\r')) line.pop_back();
        return true;
    };
    next(answer.status);
    for (std::string line; next(line);) answer.headers.push_back(line);
    std::sort(answer.headers.begin(), answer.headers.end());
    answer.body = text.substr(blank_line + 4);
    return answer;
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }

Answer ask(Router& router, const std::string& head) { return taken_apart(router.answer(head).own); }

Response not_ready(const Request&, const RequestCounts&) {
    return {.code = 503, .body = "orders behind\n", .route = "/readyz"};
}

Response not_found(const Request&, const RequestCounts&) { return {.code = 404, .body = "no such page\n"}; }

Response show_request(const Request& request, const RequestCounts&) {
    return {.body = request.path + (request.verbose ? " verbose" : ""), .route = "/show"};
}

[[noreturn]] Response leak(const Request&, const RequestCounts&) { throw std::runtime_error{"password=secret"}; }

}  // namespace

TEST_CASE("a GET is answered with the response, which closes the connection and is never stored", "[http]") {
    Router router{not_ready};

    const auto answer = ask(router, get("/readyz"));

    CHECK(answer.status == "HTTP/1.1 503 Service Unavailable");
    CHECK(answer.headers == Lines{"Cache-Control: no-store", "Connection: close", "Content-Length: 14",
                                  "Content-Type: text/plain; charset=utf-8"});
    CHECK(answer.body == "orders behind\n");
}

TEST_CASE("the content type is exactly that of the response", "[http]") {
    Router router{[](const Request&, const RequestCounts&) {
        return Response{.content_type = "application/json", .body = "{}"};
    }};

    const auto headers = ask(router, get("/version")).headers;

    CHECK(std::count(headers.begin(), headers.end(), "Content-Type: application/json") == 1);
    CHECK(headers.size() == 4);
}

TEST_CASE("a HEAD is answered like a GET, without the body", "[http]") {
    Router router{not_ready};

    const auto answer = ask(router, "HEAD /readyz HTTP/1.1\r\n\r\n");

    CHECK(answer.status == "HTTP/1.1 503 Service Unavailable");
    CHECK(answer.headers == ask(router, get("/readyz")).headers);
    CHECK(answer.body.empty());
}

TEST_CASE("every other method is answered 405 on every path, and never reaches the routes", "[http]") {
    Router router{leak};

    for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"}) {
        const auto answer = ask(router, method + " /readyz HTTP/1.1\r\nContent-Length: 5\r\n\r\n");
        CAPTURE(method);
        CHECK(answer.status == "HTTP/1.1 405 Method Not Allowed");
        CHECK(std::count(answer.headers.begin(), answer.headers.end(), "Allow: GET, HEAD") == 1);
        CHECK(answer.body == "method not allowed: only GET and HEAD are served\n");
    }
}

TEST_CASE("the routes see the decoded path without the query", "[http]") {
    Router router{show_request};

    CHECK(ask(router, get("/readyz/orders")).body == "/readyz/orders");
    CHECK(ask(router, get("/ready%7A?a=b")).body == "/readyz");
}

TEST_CASE("verbose is asked for with or without a value", "[http]") {
    Router router{show_request};

    CHECK(ask(router, get("/readyz?verbose")).body == "/readyz verbose");
    CHECK(ask(router, get("/readyz?exclude=orders&verbose=1")).body == "/readyz verbose");
    CHECK(ask(router, get("/readyz?verbosely")).body == "/readyz");
    CHECK(ask(router, get("/verbose")).body == "/verbose");
}

TEST_CASE("what is no request is answered 400 in plain words", "[http]") {
    Router router{leak};

    for (const std::string head : {"nonsense\r\n\r\n", "\r\n\r\n", "GET /readyz\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                   "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\r\n\r\n"}) {
        const auto answer = ask(router, head);
        CAPTURE(head);
        CHECK(answer.status == "HTTP/1.1 400 Bad Request");
        CHECK(answer.headers == Lines{"Cache-Control: no-store", "Connection: close", "Content-Length: 12",
                                      "Content-Type: text/plain; charset=utf-8"});
        CHECK(answer.body == "bad request\n");
    }
}

TEST_CASE("a path of many kilobytes is refused or passed on, and harms nothing", "[http]") {
    Router router{not_found};

    CHECK(ask(router, get("/" + std::string(8000, 'a'))).status == "HTTP/1.1 404 Not Found");
    CHECK(ask(router, get("/" + std::string(16000, 'a'))).status == "HTTP/1.1 414 URI Too Long");
}

TEST_CASE("a head that was cut is answered 431 in plain words, and never reaches the routes", "[http]") {
    Router router{leak};

    for (const std::string cut : {"GET / HTTP/1.1\r\nX: xxxx", "GET /aaaa", "", "POST / HTTP/1.1\r\n", "\x16\x03"}) {
        const auto answer = ask(router, cut);
        CAPTURE(cut);
        CHECK(answer.status == "HTTP/1.1 431 Request Header Fields Too Large");
        CHECK(answer.headers == Lines{"Cache-Control: no-store", "Connection: close", "Content-Length: 22",
                                      "Content-Type: text/plain; charset=utf-8"});
        CHECK(answer.body == "request head too long\n");
    }
    CHECK(ask(router, "HEAD / HTTP/1.1\r\nX: xxxx").body.empty());
    CHECK(router.counts() == RequestCounts{{{"other", 431}, 6}});
}

TEST_CASE("the routes are told which paths the address serves, and all addresses count together", "[http]") {
    Router router{[](const Request& request, const RequestCounts&) {
        return Response{.body = request.served == Paths::probes ? "probes" : "all", .route = "/show"};
    }};

    CHECK(taken_apart(router.answer(get("/"), Paths::probes).own).body == "probes");
    CHECK(taken_apart(router.answer(get("/"), Paths::all).own).body == "all");
    CHECK(taken_apart(router.answer(get("/")).own).body == "all");
    CHECK(router.counts() == RequestCounts{{{"/show", 200}, 3}});
}

TEST_CASE("a header can't change the answer", "[http]") {
    Router router{not_ready};
    const auto plain = router.answer(get("/readyz")).own;

    for (const std::string header :
         {"Range: bytes=0-0", "Expect: 100-continue", "Accept-Encoding: gzip, br", "Connection: keep-alive",
          "Transfer-Encoding: chunked", "Content-Length: 99", "X: a\nRange: bytes=0-0"}) {
        CAPTURE(header);
        CHECK(router.answer("GET /readyz HTTP/1.1\r\n" + header + "\r\n\r\n").own == plain);
    }
}

TEST_CASE("an exception is a bare 500 that tells the client nothing", "[http]") {
    Router router{leak};

    const auto answer = ask(router, get("/version"));

    CHECK(answer.status == "HTTP/1.1 500 Internal Server Error");
    CHECK(answer.headers == Lines{"Cache-Control: no-store", "Connection: close", "Content-Length: 15",
                                  "Content-Type: text/plain; charset=utf-8"});
    CHECK(answer.body == "internal error\n");
}

TEST_CASE("answers are counted by route and code, those without a route as other", "[http]") {
    Router router{not_ready};

    router.answer(get("/readyz"));
    router.answer("HEAD /readyz HTTP/1.1\r\n\r\n");
    router.answer("POST /readyz HTTP/1.1\r\n\r\n");
    router.answer("nonsense\r\n\r\n");

    CHECK(router.counts() == RequestCounts{{{"/readyz", 503}, 2}, {{"other", 405}, 1}, {{"other", 400}, 1}});
}

// ---- Long answers -------------------------------------------------------------------------------------------------

namespace {

Response sharing(const std::shared_ptr<const std::string>& body) {
    return {.content_type = "application/json", .body = {}, .shared = body, .route = "/version/NAME"};
}

}  // namespace

TEST_CASE("a long answer is told with its length and shared, not copied", "[router]") {
    const auto body = std::make_shared<const std::string>("{\"a\": 1}\n");
    Router router{[&](const Request&, const RequestCounts&) { return sharing(body); }};
    const auto reply = router.answer(get("/version/orders"));
    CHECK(reply.shared == body);
    const auto told = taken_apart(reply.own);
    CHECK(told.body.empty());
    CHECK(std::count(told.headers.begin(), told.headers.end(), "Content-Length: 9") == 1);
    CHECK(std::count(told.headers.begin(), told.headers.end(), "Content-Type: application/json") == 1);
    const auto head = router.answer("HEAD /version/orders HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(head.shared == nullptr);
    CHECK(taken_apart(head.own).headers == told.headers);
}

TEST_CASE("who asks for one more long answer than memory is given to is told to come again", "[router]") {
    constexpr std::size_t kLong = kMostShared / 2 + 1;
    auto body = std::make_shared<const std::string>(kLong, 'x');
    Router router{[&](const Request&, const RequestCounts&) { return sharing(body); }};
    auto slow = router.answer(get("/version/orders"));
    CHECK(router.answer(get("/version/orders")).shared == body);  // one more reader of the same costs nothing
    body = std::make_shared<const std::string>(kLong, 'y');
    const auto refused = router.answer(get("/version/orders"));
    CHECK(refused.shared == nullptr);
    const auto told = taken_apart(refused.own);
    CHECK(told.status == "HTTP/1.1 503 Service Unavailable");
    CHECK(std::count(told.headers.begin(), told.headers.end(), "Retry-After: 1") == 1);
    CHECK(told.body == "too many are reading long answers; come again\n");
    slow = {};
    CHECK(router.answer(get("/version/orders")).shared == body);
}
