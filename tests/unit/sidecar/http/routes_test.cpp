#include "sidecar/http/routes.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::http {
namespace {

using support::behind;
using support::held;
using support::not_enforced;
using support::pending;
using support::ready;
using support::status_of;

constexpr bool kVerbose = true;

Response get(const Status& status, const std::string& path, bool verbose = false) {
    return respond({.path = path, .verbose = verbose}, status, {});
}

Status without_detail(Status status) {
    status.detail = false;
    return status;
}

// ---- /readyz ------------------------------------------------------------------------------------------------------

TEST_CASE("readyz answers 200 ok when every dependency is ready", "[http]") {
    const auto answer = get(status_of({ready("orders"), ready("billing")}), "/readyz");
    CHECK(answer.code == 200);
    CHECK(answer.body == "ok\n");
    CHECK(answer.content_type == "text/plain; charset=utf-8");
    CHECK(answer.route == "/readyz");
}

TEST_CASE("readyz answers 503 with a line for each dependency that is not ready, with its reason", "[http]") {
    const auto answer = get(status_of({behind("orders"), ready("stock"), pending("billing")}), "/readyz");
    CHECK(answer.code == 503);
    CHECK(answer.body ==
          "orders behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade\n"
          "billing pending: not looked yet\n");
    CHECK(answer.content_type == "text/plain; charset=utf-8");
}

TEST_CASE("readyz takes the gate's word, not the newest look's", "[http]") {
    CHECK(get(status_of({held()}), "/readyz").code == 200);
    CHECK(get(status_of({held()}), "/readyz").body == "ok\n");
}

TEST_CASE("a verbose readyz has a line for every dependency, ready or not", "[http]") {
    const auto answer = get(status_of({ready("stock"), behind("orders"), held("billing"), not_enforced(behind("mail")),
                                       not_enforced(ready("search"))}),
                            "/readyz", kVerbose);
    CHECK(answer.code == 503);
    CHECK(answer.body ==
          "[+]stock ok\n"
          "[-]orders behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade\n"
          "[+]billing ok (held: unreachable)\n"
          "[!]mail behind (not enforced)\n"
          "[+]search ok\n"
          "readyz check failed\n");
    CHECK(get(status_of({ready("orders")}), "/readyz", kVerbose).body == "[+]orders ok\nreadyz check passed\n");
    CHECK(get(status_of({ready("orders")}), "/readyz", kVerbose).code == 200);
}

TEST_CASE("without detail readyz names states and never reasons", "[http]") {
    const auto status = without_detail(status_of({behind("orders"), ready("stock"), not_enforced(behind("mail"))}));
    CHECK(get(status, "/readyz").body == "orders behind\nmail behind (not enforced)\n");
    CHECK(get(status, "/readyz", kVerbose).body ==
          "[-]orders behind\n[+]stock ok\n[!]mail behind (not enforced)\nreadyz check failed\n");
    CHECK(get(status, "/readyz/orders").body == "orders behind\n");
    CHECK(get(status, "/readyz/orders", kVerbose).body == "[-]orders behind\n");
}

TEST_CASE("a dependency that is not enforced does not hold readyz back, and the answer says so", "[http]") {
    const auto alone = get(status_of({not_enforced(behind("orders"))}), "/readyz");
    CHECK(alone.code == 200);
    CHECK(alone.body == "ok\norders behind (not enforced)\n");

    const auto beside = get(status_of({not_enforced(behind("orders")), behind("billing")}), "/readyz");
    CHECK(beside.code == 503);
    CHECK(beside.body ==
          "billing behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade\n"
          "orders behind (not enforced)\n");
}

TEST_CASE("a dependency that is not enforced and ready needs no remark", "[http]") {
    CHECK(get(status_of({not_enforced(ready())}), "/readyz").body == "ok\n");
    CHECK(get(status_of({not_enforced(ready())}), "/readyz", kVerbose).body == "[+]orders ok\nreadyz check passed\n");
}

TEST_CASE("readyz of one dependency tells of that one only", "[http]") {
    const auto status = status_of({behind("orders"), ready("billing"), not_enforced(behind("mail"))});
    struct Row {
        const char* path;
        int code;
        const char* body;
        const char* verbose_body;
    };
    const std::vector<Row> rows{
        {"/readyz/orders", 503,
         "orders behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade\n",
         "[-]orders behind: at 1975ea83b712, needs ae1027a6acf (2 migrations missing); run the upgrade\n"},
        {"/readyz/billing", 200, "ok\n", "[+]billing ok\n"},
        {"/readyz/mail", 200, "ok\nmail behind (not enforced)\n", "[!]mail behind (not enforced)\n"},
    };
    for (const auto& [path, code, body, verbose_body] : rows) {
        CAPTURE(path);
        CHECK(get(status, path).code == code);
        CHECK(get(status, path).body == body);
        CHECK(get(status, path).route == "/readyz/NAME");
        CHECK(get(status, path, kVerbose).code == code);
        CHECK(get(status, path, kVerbose).body == verbose_body);
    }
}

TEST_CASE("every state has its name in readyz", "[http]") {
    for (const auto state : gate::kStates) {
        auto dependency = pending();
        dependency.state = state;
        dependency.reason = "why";
        const std::string name{gate::to_string(state)};
        CHECK(get(status_of({dependency}), "/readyz").body == "orders " + name + ": why\n");
        CHECK(get(status_of({dependency}), "/readyz", kVerbose).body ==
              "[-]orders " + name + ": why\nreadyz check failed\n");
    }
}

// ---- /livez -------------------------------------------------------------------------------------------------------

TEST_CASE("livez answers 200 whatever the dependencies say", "[http]") {
    const auto answer = get(status_of({behind()}), "/livez");
    CHECK(answer.code == 200);
    CHECK(answer.body == "ok\n");
    CHECK(answer.route == "/livez");
}

TEST_CASE("livez answers 503 when a watch loop does not turn, and names whose", "[http]") {
    auto status = status_of({ready("orders"), ready("billing")});
    status.stalled = {"orders", "billing"};
    const auto answer = get(status, "/livez");
    CHECK(answer.code == 503);
    CHECK(answer.body ==
          "the watch loop of orders does not turn; restart the container\n"
          "the watch loop of billing does not turn; restart the container\n");
    CHECK(get(status, "/readyz").code == 200);
}

// ---- An address for probes alone ----------------------------------------------------------------------------------

Response probe(const Status& status, const std::string& path, bool verbose = false) {
    return respond({.path = path, .verbose = verbose, .served = Paths::probes}, status, {});
}

TEST_CASE("an address for probes answers them as an address for everything does", "[http]") {
    auto status = status_of({ready("stock"), behind("orders"), not_enforced(behind("mail"))});
    status.stalled = {"stock"};
    for (const auto* path : {"/readyz", "/readyz/stock", "/readyz/orders", "/readyz/mail", "/readyz/none", "/livez"}) {
        CAPTURE(path);
        for (const bool verbose : {false, true}) {
            const auto there = probe(status, path, verbose);
            const auto here = get(status, path, verbose);
            CHECK(there.code == here.code);
            CHECK(there.body == here.body);
            CHECK(there.route == here.route);
        }
    }
}

TEST_CASE("an address for probes finds nothing else, and counts it as other", "[http]") {
    const auto status = status_of({ready("orders")});
    for (const auto* path :
         {"/version", "/version/orders", "/version/none", "/metrics", "/", "/favicon.ico", "/livez/"}) {
        CAPTURE(path);
        const auto answer = probe(status, path);
        CHECK(answer.code == 404);
        CHECK(answer.body == "not found\n");
        CHECK(answer.route == "other");
    }
}

// ---- The others ---------------------------------------------------------------------------------------------------

TEST_CASE("each route has its exact content type and its own name", "[http]") {
    struct Row {
        const char* path;
        const char* content_type;
        const char* route;
    };
    const std::vector<Row> rows{
        {"/readyz", "text/plain; charset=utf-8", "/readyz"},
        {"/readyz/orders", "text/plain; charset=utf-8", "/readyz/NAME"},
        {"/livez", "text/plain; charset=utf-8", "/livez"},
        {"/version", "application/json", "/version"},
        {"/version/orders", "application/json", "/version/NAME"},
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8", "/metrics"},
        {"/", "text/html; charset=utf-8", "/"},
    };
    for (const auto& [path, content_type, route] : rows) {
        CAPTURE(path);
        const auto answer = get(status_of({ready()}), path);
        CHECK(answer.code == 200);
        CHECK(answer.content_type == content_type);
        CHECK(answer.route == route);
        CHECK(answer.body.ends_with('\n'));
    }
}

TEST_CASE("only readyz and livez ever answer 503", "[http]") {
    auto status = status_of({behind()});
    status.stalled = {"orders"};
    for (const auto* path : {"/version", "/version/orders", "/metrics", "/"}) {
        CAPTURE(path);
        CHECK(get(status, path).code == 200);
    }
}

TEST_CASE("the name of no dependency is not found", "[http]") {
    for (const auto* path :
         {"/readyz/billing", "/readyz/ORDERS", "/readyz/order", "/readyz/orders ", "/version/billing"}) {
        CAPTURE(path);
        for (const bool verbose : {false, true}) {
            const auto answer = get(status_of({ready("orders")}), path, verbose);
            CHECK(answer.code == 404);
            CHECK(answer.body == "not found\n");
            CHECK(answer.content_type == "text/plain; charset=utf-8");
        }
    }
    CHECK(get(status_of({ready("orders")}), "/readyz/billing").route == "/readyz/NAME");
    CHECK(get(status_of({ready("orders")}), "/version/billing").route == "/version/NAME");
}

TEST_CASE("every other path is not found, and counted as other", "[http]") {
    const auto status = status_of({ready("orders")});
    for (const std::string path : {"",
                                   "//",
                                   "/readyz/",
                                   "/version/",
                                   "/readyz//",
                                   "/readyz/orders/",
                                   "/readyz/orders/x",
                                   "/version/orders/x",
                                   "/ready",
                                   "/readyzz",
                                   "/livez/",
                                   "/livez/orders",
                                   "/metrics/",
                                   "/metrics/orders",
                                   "/index.html",
                                   "/favicon.ico",
                                   "/healthz",
                                   "/READYZ",
                                   "readyz",
                                   "/../readyz",
                                   "/readyz/../version"}) {
        CAPTURE(path);
        const auto answer = get(status, path);
        CHECK(answer.code == 404);
        CHECK(answer.body == "not found\n");
        CHECK(answer.route == "other");
    }
}

TEST_CASE("metrics tell the answers that were given so far", "[http]") {
    const RequestCounts counts{{{"/readyz", 503}, 7}};
    CHECK(respond({.path = "/metrics"}, status_of({ready()}), counts)
              .body.find("schemalatch_http_requests_total{path=\"/readyz\",code=\"503\"} 7\n") != std::string::npos);
}

TEST_CASE("ready means that no enforced dependency holds back", "[http]") {
    CHECK(is_ready(status_of({ready("a"), held("b"), not_enforced(behind("c"))})));
    CHECK_FALSE(is_ready(status_of({ready("a"), behind("b")})));
    CHECK_FALSE(is_ready(status_of({pending()})));
}

}  // namespace
}  // namespace schemalatch::http
