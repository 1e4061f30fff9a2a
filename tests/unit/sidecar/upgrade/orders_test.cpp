#include "sidecar/upgrade/orders.h"

#include <climits>

#include "tests/support/catch.h"

namespace schemalatch::upgrade {
namespace {

using How = CommandEnd::How;
using Kind = Order::Kind;

TEST_CASE("an order arrives as it was given", "[guardian]") {
    for (const auto kind : {Kind::hold, Kind::run, Kind::beat, Kind::pass, Kind::stop, Kind::kill, Kind::leave}) {
        for (const int number : {0, 15, -1, INT_MAX, INT_MIN}) {
            const auto order = decode_order(encode(Order{kind, number, {}}));
            REQUIRE(order);
            CHECK(order->kind == kind);
            CHECK(order->number == number);
            CHECK(order->additions.empty());
        }
    }
}

TEST_CASE("additions to the environment arrive byte for byte", "[guardian]") {
    const std::vector<std::string> additions{"A=1", "", "B=two\nlines=\xff", "C="};
    const auto order = decode_order(encode(Order{Kind::run, 0, additions}));
    REQUIRE(order);
    CHECK(order->additions == additions);
}

TEST_CASE("what is no order is none", "[guardian]") {
    const std::string order = encode(Order{Kind::run, 7, {"A=1"}});
    CHECK_FALSE(decode_order(""));
    CHECK_FALSE(decode_order("?" + order.substr(1)));
    CHECK_FALSE(decode_order(order.substr(0, 3)));
    CHECK_FALSE(decode_order(order.substr(0, order.size() - 1)));
}

TEST_CASE("an end arrives as it was told", "[guardian]") {
    for (const CommandEnd end : {CommandEnd{How::exited, 255}, CommandEnd{How::killed, 9, true},
                                 CommandEnd{How::not_started, 2}, CommandEnd{How::exited, 0, true}}) {
        const auto told = decode_end(encode(end));
        REQUIRE(told);
        CHECK(*told == end);
    }
}

TEST_CASE("what is no end is none", "[guardian]") {
    const std::string end = encode(CommandEnd{How::exited, 3});
    CHECK_FALSE(decode_end(""));
    CHECK_FALSE(decode_end(kGuards));
    CHECK_FALSE(decode_end(end.substr(1)));
    CHECK_FALSE(decode_end(end + "x"));
    CHECK_FALSE(decode_end("\x7f" + end.substr(1)));
}

}  // namespace
}  // namespace schemalatch::upgrade
