#include "sidecar/bake/replacements.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

using Ids = std::vector<std::string>;

Ids ids_of(const std::vector<gate::Item>& items) {
    Ids ids;
    for (const auto& item : items) ids.push_back(item.id);
    return ids;
}

TEST_CASE("what another one replaces is not required, and is told only for what it replaces itself", "[bake]") {
    struct Row {
        std::vector<gate::Item> items;
        Ids required;
        Ids others;
    };
    const std::vector<Row> rows{
        {{{"a"}, {"b"}}, {"a", "b"}, {}},
        {{{"a"}, {"S", {"a", "b"}}, {"c"}}, {"S", "c"}, {}},
        {{{"S", {"gone"}}}, {"S"}, {}},
        {{{"a"}, {"S", {"a"}}, {"T", {"S"}}}, {"T"}, {"S"}},
        {{{"a"}, {"S", {"a"}}, {"T", {"a"}}}, {"S", "T"}, {}},
        {{{"S", {"S", "a"}}, {"a"}}, {"S"}, {}},
        {{}, {}, {}},
    };
    for (const auto& [items, required, others] : rows) {
        const auto needs = required_of(items);
        REQUIRE(needs);
        CHECK(needs->whole);
        CHECK(ids_of(needs->items) == required);
        CHECK(ids_of(needs->others) == others);
    }
}

TEST_CASE("replacements in a circle are told, whatever leads into it", "[bake]") {
    for (const auto& items : std::vector<std::vector<gate::Item>>{{{"a", {"b"}}, {"b", {"a"}}},
                                                                  {{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}}}) {
        const auto needs = required_of(items);
        REQUIRE_FALSE(needs);
        CHECK(needs.error() == "\"a\" is replaced by what it replaces itself; mend replaces");
    }
    const auto needs = required_of({{"x\x1b", {"y"}}, {"y", {"x\x1b"}}});
    REQUIRE_FALSE(needs);
    CHECK(needs.error().starts_with("\"x\\x1b\" is replaced"));
}

TEST_CASE("a replacement is followed to its end", "[bake]") {
    const auto replacements = replacements_in({{"b", {"a"}}, {"c", {"b"}}, {"d", {"d"}}});
    CHECK(final_replacement("a", replacements) == "c");
    CHECK(final_replacement("b", replacements) == "c");
    CHECK(final_replacement("c", replacements) == "c");
    CHECK(final_replacement("d", replacements) == "d");
    CHECK(final_replacement("unknown", replacements) == "unknown");
    CHECK_FALSE(final_replacement("a", {{"a", "b"}, {"b", "a"}}));
}

TEST_CASE("a long chain of replacements is followed in a moment", "[bake][large]") {
    std::vector<gate::Item> items{{"0"}};
    for (int i = 1; i < 2000; ++i) items.push_back({std::to_string(i), {std::to_string(i - 1)}});
    const auto needs = required_of(items);
    REQUIRE(needs);
    CHECK(ids_of(needs->items) == Ids{"1999"});
    CHECK(needs->others.size() == 1998);
}

}  // namespace
}  // namespace schemalatch::bake
