#include "probes/model/id_order.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::model {
namespace {

constexpr IdOrder kAll[] = {IdOrder::none, IdOrder::text, IdOrder::number, IdOrder::dotted};

std::string canonical(std::string_view text, IdOrder order) { return canonical_id(text, order).value_or("(none)"); }

std::partial_ordering compared(std::string_view a, std::string_view b, IdOrder order) {
    return compare_ids(canonical(a, order), canonical(b, order), order);
}

TEST_CASE("equal ids have one spelling, whatever zeros they were written with", "[id order]") {
    struct Row {
        IdOrder order;
        const char* text;
        const char* expected;
    };
    const std::vector<Row> rows{
        {IdOrder::number, "007", "7"},
        {IdOrder::number, "0", "0"},
        {IdOrder::number, "20240101120000", "20240101120000"},
        {IdOrder::dotted, "1", "1"},
        {IdOrder::dotted, "01", "1"},
        {IdOrder::dotted, "1.0", "1"},
        {IdOrder::dotted, "1.00.0", "1"},
        {IdOrder::dotted, "1.02.0", "1.2"},
        {IdOrder::dotted, "1.0.1", "1.0.1"},
        {IdOrder::dotted, "0", "0"},
        {IdOrder::dotted, "0.0", "0"},
        {IdOrder::dotted, "0.1", "0.1"},
        {IdOrder::dotted, "340282366920938463463374607431768211456.1", "340282366920938463463374607431768211456.1"},
        {IdOrder::dotted, "R__refresh_views", "R__refresh_views"},
        {IdOrder::dotted, "R__", "R__"},
        {IdOrder::dotted, "R__1.0", "R__1.0"},
        {IdOrder::text, "0001_initial", "0001_initial"},
        {IdOrder::none, "shop.0001_initial", "shop.0001_initial"},
    };
    for (const auto& [order, text, expected] : rows) {
        CAPTURE(text);
        CHECK(canonical(text, order) == expected);
    }
}

TEST_CASE("a canonical id is its own canonical id", "[id order]") {
    for (const auto* text : {"1", "01.0", "1.2.3", "R__a", "000", "7", "10.0.10"}) {
        for (const auto order : kAll) {
            if (const auto once = canonical_id(text, order)) CHECK(canonical_id(*once, order) == once);
        }
    }
}

TEST_CASE("text that is no id in an order is none", "[id order]") {
    for (const auto order : kAll) CHECK_FALSE(canonical_id("", order));
    for (const auto* text : {"a", "1.2", "1 ", "+1", "1a", "R__a"}) {
        CAPTURE(text);
        CHECK_FALSE(canonical_id(text, IdOrder::number));
    }
    for (const auto* text : {".", "1.", ".1", "1..2", "-1", "1.-2", "1.a", "v1", "1_2", "R_a", "r__a", " 1"}) {
        CAPTURE(text);
        CHECK_FALSE(canonical_id(text, IdOrder::dotted));
    }
}

TEST_CASE("ids stand in their order, of any length", "[id order]") {
    struct Row {
        IdOrder order;
        const char* lower;
        const char* higher;
    };
    const std::vector<Row> rows{
        {IdOrder::number, "9", "10"},        {IdOrder::number, "20231231235959", "20240101000000"},
        {IdOrder::dotted, "1.9", "1.10"},    {IdOrder::dotted, "1", "1.0.1"},
        {IdOrder::dotted, "1.2", "2"},       {IdOrder::dotted, "2", "10"},
        {IdOrder::dotted, "0", "0.0.0.1"},   {IdOrder::dotted, "18446744073709551615", "18446744073709551616"},
        {IdOrder::text, "0001_a", "0001_b"}, {IdOrder::text, "10", "9"},
        {IdOrder::text, "A", "a"},
    };
    for (const auto& [order, lower, higher] : rows) {
        CAPTURE(lower, higher);
        CHECK((compared(lower, higher, order) < 0));
        CHECK((compared(higher, lower, order) > 0));
        CHECK((compared(lower, lower, order) == 0));
    }
    CHECK((compared("1.0", "01", IdOrder::dotted) == 0));
}

TEST_CASE("names without an order and repeatables stand before and behind nothing", "[id order]") {
    CHECK((compared("a", "b", IdOrder::none) == std::partial_ordering::unordered));
    CHECK((compared("a", "a", IdOrder::none) == 0));
    CHECK((compared("R__a", "R__b", IdOrder::dotted) == std::partial_ordering::unordered));
    CHECK((compared("R__a", "1", IdOrder::dotted) == std::partial_ordering::unordered));
    CHECK((compared("1", "R__a", IdOrder::dotted) == std::partial_ordering::unordered));
    CHECK((compared("R__a", "R__a", IdOrder::dotted) == 0));
    CHECK_FALSE(is_ordered("a", IdOrder::none));
    CHECK_FALSE(is_ordered("R__a", IdOrder::dotted));
    CHECK(is_ordered("1.2", IdOrder::dotted));
    CHECK(is_ordered("R__a", IdOrder::text));
    CHECK(is_ordered("1", IdOrder::number));
}

}  // namespace
}  // namespace schemalatch::model
