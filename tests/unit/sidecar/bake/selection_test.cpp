#include "sidecar/bake/selection.h"

#include <string>
#include <vector>

#include "sidecar/bake/listed.h"
#include "tests/support/catch.h"
#include "tests/support/known_tools.h"
#include "tests/support/requirements.h"

namespace schemalatch::bake {
namespace {

using Lines = std::vector<std::string>;
using gate::Selection;
using model::IdOrder;
using model::Ordering;

const model::Bookkeeping kNames{.tool = "house", .ordering = Ordering::set, .ids = IdOrder::none};

Lines ids_of(const gate::Needs& needs) {
    Lines ids;
    if (const auto* set = std::get_if<gate::SetRequirement>(&needs)) {
        for (const auto& item : set->items) ids.push_back(item.id);
    } else if (const auto* number = std::get_if<gate::NumberRequirement>(&needs)) {
        for (const auto& step : number->steps) ids.push_back(step.text());
        if (!ids.empty()) CHECK(number->at_least.text() == ids.back());
        if (ids.empty()) ids.push_back(number->at_least.text());
    } else {
        ids = std::get<gate::GraphRequirement>(needs).revisions;
    }
    return ids;
}

// What is left, warnings behind it; or the problems.
Lines selected(Baked baked, const Selection& selection, const model::Bookkeeping& books) {
    const auto selected = select(std::move(baked), selection, books);
    if (!selected) return selected.error();
    auto lines = ids_of(selected->needs);
    lines.insert(lines.end(), selected->warnings.begin(), selected->warnings.end());
    return lines;
}

Lines selected(const model::Bookkeeping& books, const std::string& list, const Selection& selection) {
    auto baked = bake_list(books, list);
    REQUIRE(baked);
    return selected(std::move(*baked), selection, books);
}

const std::string kNothingLeft = "nothing is left to require; give --upto and --exclude that leave something";

TEST_CASE("without a selection everything stays", "[selection]") {
    CHECK(selected(support::flyway()->books, "1\n2\n", {}) == Lines{"1", "2"});
    CHECK(selected(support::alembic()->books, "a\nb a\n", {}) == Lines{"b"});
    CHECK(selected(support::golang_migrate()->books, "1\n2\n", {}) == Lines{"1", "2"});
    CHECK(selected(kNames, "b\na\n", {}) == Lines{"b", "a"});
}

TEST_CASE("upto leaves out what stands above it where ids have an order, and keeps repeatables", "[selection]") {
    const auto& flyway = support::flyway()->books;
    CHECK(selected(flyway, "1\n1.1\n2\n10\nR__a\n", {"1.1"}) == Lines{"1", "1.1", "R__a"});
    CHECK(selected(flyway, "1\n1.1\n2\n", {"01.1.0"}) == Lines{"1", "1.1"});
    CHECK(selected(support::golang_migrate()->books, "1\n2\n10\n", {"002"}) == Lines{"1", "2"});
    auto books = kNames;
    books.ids = IdOrder::text;
    CHECK(selected(books, "a\nb\nc\n", {"b"}) == Lines{"a", "b"});
}

TEST_CASE("upto leaves out the lines behind it where nothing else tells", "[selection]") {
    CHECK(selected(kNames, "c\na\nb\n", {"a"}) == Lines{"c", "a"});
}

TEST_CASE("upto leaves out later names of the same app, from a list", "[selection]") {
    CHECK(selected(support::django()->books, "a.0001\nb.0001\nb.0002\nb.0003\nc.0009\nbb.0009\n", {"b.0002"}) ==
          Lines{"a.0001", "b.0001", "b.0002", "bb.0009", "c.0009"});
}

TEST_CASE("upto leaves out what builds upon it, where that is known", "[selection]") {
    Baked baked{gate::SetRequirement{.items = {{"a.1"}, {"a.2"}, {"b.1"}, {"b.2"}, {"c.1"}}, .whole = true},
                {{"a.1", {}}, {"a.2", {"a.1"}}, {"b.1", {"a.2"}}, {"b.2", {"b.1"}}, {"c.1", {"a.1"}}}};
    CHECK(selected(baked, {"a.2"}, support::django()->books) == Lines{"a.1", "a.2", "c.1"});
    CHECK(selected(baked, {"b.2"}, support::django()->books) == Lines{"a.1", "a.2", "b.1", "b.2", "c.1"});
}

TEST_CASE("upto makes a revision the head, with all its ancestry", "[selection]") {
    const auto& books = support::alembic()->books;
    CHECK(selected(books, "a\nb a\nc b\nx\n", {"b"}) == Lines{"b"});
    auto baked = bake_list(books, "a\nb a\nc b\n");
    const auto left = select(std::move(*baked), {"b"}, books);
    REQUIRE(left);
    CHECK(std::get<gate::GraphRequirement>(left->needs).ancestry->contains("c"));
    CHECK(selected(books, "a\nb\n", {"a"}) ==
          Lines{"--upto \"a\": nothing tells which revisions come after it; bake --from the versions folder"});
}

TEST_CASE("an upto that is not there is a problem, with the nearest that is", "[selection]") {
    CHECK(selected(support::flyway()->books, "1\n2.1\n", {"2"}) == Lines{"--upto \"2\" is none of the 2 migrations"});
    CHECK(selected(support::flyway()->books, "1\n2\n", {"x\x1b"}) ==
          Lines{"--upto \"x\\x1b\" is none of the 2 migrations"});
    CHECK(selected(support::golang_migrate()->books, "1\n2\n", {"3"}) ==
          Lines{"--upto \"3\" is none of the 2 migrations"});
    CHECK(selected(support::django()->books, "shop.0001_initial\n", {"shop.0001_inital"}) ==
          Lines{"--upto \"shop.0001_inital\" is none of the 1 migrations; did you mean \"shop.0001_initial\"?"});
    CHECK(selected(support::alembic()->books, "a\nb a\n", {"z"}).size() == 1);
}

TEST_CASE("what has no place in the order is no upto", "[selection]") {
    CHECK(selected(support::flyway()->books, "1\n2\nR__v\n", {"R__v"}) ==
          Lines{"--upto \"R__v\" is a repeatable migration, which has no place in the order; give a version, or "
                "--exclude what is not to be required"});
    CHECK(selected(support::flyway()->books, "1\n2\nR__v\n", {"R__w"}) ==
          Lines{"--upto \"R__w\" is none of the 3 migrations; did you mean \"R__v\"?"});
    CHECK(selected(kNames, "1\nR__v\n2\n", {"R__v"}) == Lines{"1", "R__v"});
}

TEST_CASE("exclude leaves out what matches one of its patterns", "[selection]") {
    const auto& django = support::django()->books;
    CHECK(selected(django, "a.1\nb.1\nb.2\nc.1\n", {"", {"b.*", "c.?"}}) == Lines{"a.1"});
    CHECK(selected(support::flyway()->books, "1\n2\nR__a\nR__b\n", {"", {"R__*"}}) == Lines{"1", "2"});
    CHECK(selected(support::golang_migrate()->books, "1\n2\n10\n", {"", {"10"}}) == Lines{"1", "2"});
    CHECK(selected(kNames, "a b\nc\n", {"", {"[a-b]*"}}) == Lines{"c"});
    CHECK(selected(support::alembic()->books, "a\nb\n", {"", {"b"}}) == Lines{"a"});
}

TEST_CASE("upto and exclude count together", "[selection]") {
    CHECK(selected(support::flyway()->books, "1\n2\n3\n", {"2", {"1"}}) == Lines{"2"});
}

TEST_CASE("a pattern that names nothing is warned of, and not one that names what upto has left out", "[selection]") {
    CHECK(selected(support::flyway()->books, "1\n2\n", {"", {"9", "2"}}) ==
          Lines{"1", "--exclude \"9\" names no migration"});
    CHECK(selected(support::flyway()->books, "1\n2\n", {"1", {"2"}}) == Lines{"1"});
}

TEST_CASE("leaving nothing is a problem", "[selection]") {
    for (const auto& tool : {support::flyway(), support::golang_migrate(), support::alembic()})
        CHECK(selected(tool->books, "1\n2\n", {"", {"*"}}) == Lines{kNothingLeft});
    CHECK(selected(support::alembic()->books, "1\n2 1\n", {"", {"*"}}) == Lines{kNothingLeft});
    CHECK(selected(support::flyway()->books, "1\n2\n", {"1", {"1"}}) == Lines{kNothingLeft});
}

TEST_CASE("in a graph heads may be excluded, what a required one builds upon may not", "[selection]") {
    const auto& books = support::alembic()->books;
    CHECK(selected(books, "a\nb a\nc a\nd b c\n", {"", {"d"}}) == Lines{"b", "c"});
    CHECK(selected(books, "a\nb a\nc a\n", {"", {"c"}}) == Lines{"b"});
    CHECK(selected(books, "a\nb a\n", {"", {"a"}}) ==
          Lines{"--exclude names \"a\", and \"b\" builds upon it; exclude both or neither"});
}

gate::SetRequirement without(gate::SetRequirement needs, const Lines& exclude) {
    auto left = select({std::move(needs)}, {.upto = "", .exclude = exclude}, support::django()->books);
    REQUIRE(left);
    return std::get<gate::SetRequirement>(left->needs);
}

Lines items_of(const gate::SetRequirement& needs) {
    Lines ids;
    for (const auto& item : needs.items) ids.push_back(item.id);
    return ids;
}

TEST_CASE("a squash that is left out leaves what it replaces to be required", "[selection]") {
    const gate::SetRequirement needs{.items = {{"shop.0001_squashed", {"shop.0001_a", "shop.0002_b"}}, {"shop.0003_c"}},
                                     .whole = true};
    CHECK(items_of(without(needs, {"*squashed*"})) == Lines{"shop.0001_a", "shop.0002_b", "shop.0003_c"});
    CHECK(items_of(without(needs, {"*squashed*", "shop.0001_a"})) == Lines{"shop.0002_b", "shop.0003_c"});
    CHECK(items_of(without(needs, {"shop.0003_c"})) == Lines{"shop.0001_squashed"});
    CHECK(items_of(without(needs, {"shop.0001_a"})) == Lines{"shop.0001_squashed", "shop.0003_c"});
}

TEST_CASE("a squash of squashes that is left out leaves the inner one, unless that is left out too", "[selection]") {
    const gate::SetRequirement needs{.items = {{"shop.outer", {"shop.inner", "shop.c"}}},
                                     .whole = true,
                                     .others = {{"shop.inner", {"shop.a", "shop.b"}}}};
    const auto inner = without(needs, {"shop.outer"});
    CHECK(items_of(inner) == Lines{"shop.inner", "shop.c"});
    CHECK(inner.items.front().replaces == Lines{"shop.a", "shop.b"});
    CHECK(inner.others.empty());
    CHECK(items_of(without(needs, {"shop.outer", "shop.inner"})) == Lines{"shop.a", "shop.b", "shop.c"});
}

TEST_CASE("squashes in a circle are left out without end to nothing", "[selection]") {
    const gate::SetRequirement needs{
        .items = {{"shop.a", {"shop.b"}}, {"shop.x"}}, .whole = true, .others = {{"shop.b", {"shop.a"}}}};
    CHECK(items_of(without(needs, {"shop.a", "shop.b"})) == Lines{"shop.x"});
}

}  // namespace
}  // namespace schemalatch::bake
