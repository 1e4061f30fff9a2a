#include "sidecar/bake/listed.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/known_tools.h"

namespace schemalatch::bake {
namespace {

using Lines = std::vector<std::string>;
using model::IdOrder;
using model::Ordering;

const model::Bookkeeping kNames{.tool = "house", .ordering = Ordering::set, .ids = IdOrder::none};

// The required ids, or the problems.
Lines listed(const model::Bookkeeping& books, const std::string& text) {
    const auto baked = bake_list(books, text);
    if (!baked) return baked.error();
    if (const auto* set = std::get_if<gate::SetRequirement>(&baked->needs)) {
        Lines ids;
        for (const auto& item : set->items) {
            std::string replaced;
            for (const auto& id : item.replaces) replaced += (replaced.empty() ? " replaces " : ",") + id;
            ids.push_back(item.id + replaced);
        }
        return ids;
    }
    if (const auto* number = std::get_if<gate::NumberRequirement>(&baked->needs)) {
        Lines ids;
        for (const auto& step : number->steps) ids.push_back(step.text());
        CHECK(number->at_least == number->steps.back());
        return ids;
    }
    return std::get<gate::GraphRequirement>(baked->needs).revisions;
}

TEST_CASE("a line is an id, and blank lines and line ends of any kind are passed over", "[listed]") {
    for (const auto* text : {"1\n2\n", "1\n2", "1\r\n2\r\n", "\n\n1\n \t\n2\n\n", "  1  \n\t2\t\n"}) {
        CAPTURE(text);
        CHECK(listed(support::flyway()->books, text) == Lines{"1", "2"});
    }
}

TEST_CASE("where ids have an order it is the order of applying", "[listed]") {
    CHECK(listed(support::flyway()->books, "R__b\n10\n2\n1.10\n1.9\nR__a\n") ==
          Lines{"1.9", "1.10", "2", "10", "R__b", "R__a"});
    auto books = kNames;
    books.ids = IdOrder::text;
    CHECK(listed(books, "b\na\n10\n9\n") == Lines{"10", "9", "a", "b"});
    books.ids = IdOrder::number;
    CHECK(listed(books, "10\n9\n") == Lines{"9", "10"});
}

TEST_CASE("where ids have none the lines stand in the order of applying, blanks in an id included", "[listed]") {
    CHECK(listed(kNames, "b first\na second\n") == Lines{"b first", "a second"});
}

TEST_CASE("a tool that keeps one number requires the highest", "[listed]") {
    CHECK(listed(support::golang_migrate()->books, "10\n9\n0011\n") == Lines{"9", "10", "11"});
    CHECK(
        listed(support::golang_migrate()->books, "1\nx\n2 3\n") ==
        Lines{"line 2: \"x\" is not a number of 0 or more, which golang-migrate counts in; list one number a line",
              "line 3: \"2 3\" is not a number of 0 or more, which golang-migrate counts in; list one number a line"});
}

TEST_CASE("behind one of Django's stand those that it replaces, and no order of the lines shows", "[listed]") {
    const Lines expected{"auth.0001", "shop.0001_squashed replaces shop.0001,shop.0002", "shop.0003"};
    CHECK(listed(support::django()->books,
                 "shop.0003\nshop.0001_squashed shop.0001\tshop.0002\nauth.0001\nshop.0001\n") == expected);
    CHECK(listed(support::django()->books,
                 "auth.0001\nshop.0001\nshop.0001_squashed shop.0001 shop.0002\nshop.0003\n") == expected);
}

TEST_CASE("behind a revision stand those that it builds upon", "[listed]") {
    const auto& books = support::alembic()->books;
    CHECK(listed(books, "a\nb a\nc a\nd b c\ne\n") == Lines{"d", "e"});
    const auto linked = bake_list(books, "b a\na\n");
    CHECK(std::get<gate::GraphRequirement>(linked->needs).ancestry);
    CHECK(listed(books, "b a\n") == Lines{"revision \"b\" builds upon \"a\", which is not there; correct the list"});
    CHECK(listed(books, "a b\nb a\n") == Lines{"revision \"a\" is its own ancestor; correct the list"});
}

TEST_CASE("revisions alone are each required, without ancestry", "[listed]") {
    const auto baked = bake_list(support::alembic()->books, "b\na\n");
    REQUIRE(baked);
    const auto& needs = std::get<gate::GraphRequirement>(baked->needs);
    CHECK(needs.revisions == Lines{"a", "b"});
    CHECK_FALSE(needs.ancestry);
}

TEST_CASE("an empty list is refused, for nothing would ever hold a pod back", "[listed]") {
    for (const auto& tool : {support::alembic(), support::django(), support::flyway(), support::golang_migrate()}) {
        for (const auto* text : {"", "\n", " \t\r\n\n"}) {
            CHECK(listed(tool->books, text) ==
                  Lines{"standard input lists no migration, and nothing would ever hold a pod back"});
        }
    }
}

TEST_CASE("every line that is wrong is told by its number", "[listed]") {
    CHECK(listed(support::flyway()->books, "1\n\nV2\n3.\n") ==
          Lines{"line 3: \"V2\" is not a version of flyway", "line 4: \"3.\" is not a version of flyway"});
    CHECK(listed(support::django()->books, "shop.0001 0002\n.x\nshop.\n") ==
          Lines{"line 1: \"0002\" names no migration of django; write app.name",
                "line 2: \".x\" names no migration of django; write app.name",
                "line 3: \"shop.\" names no migration of django; write app.name"});
    CHECK(listed(kNames, "a\nb\na\n") == Lines{"line 3: \"a\" is listed twice, first in line 1; list it once"});
}

TEST_CASE("two spellings of one id are one that is listed twice", "[listed]") {
    CHECK(listed(support::flyway()->books, "1\n2\n\n1.0\n01.00\n") ==
          Lines{"line 4: \"1.0\" is listed twice, first in line 1 as \"1\"; list it once",
                "line 5: \"01.00\" is listed twice, first in line 1 as \"1\"; list it once"});
    CHECK(listed(support::flyway()->books, "R__a\nR__A\n1\nR__1\n").size() == 4);
    CHECK(listed(support::golang_migrate()->books, "007\n7\n") ==
          Lines{"line 2: \"7\" is listed twice, first in line 1 as \"007\"; list it once"});
    auto books = kNames;
    books.ids = IdOrder::text;
    CHECK(listed(books, "01\n1\n") == Lines{"01", "1"});
    CHECK(listed(kNames, "01\n1\n") == Lines{"01", "1"});
    CHECK(listed(support::alembic()->books, "01\n1\n") == Lines{"01", "1"});
}

TEST_CASE("what does not print is refused, and told fit to print", "[listed]") {
    const std::string said = " holds what does not print, or is too long; correct the list";
    CHECK(listed(kNames, "a\x1b[31m\n") == Lines{"line 1: \"a\\x1b[31m\"" + said});
    CHECK(listed(kNames, "\xFF\n") == Lines{"line 1: \"\\xff\"" + said});
    CHECK(listed(kNames, std::string{"a\0b\n", 4}) == Lines{"line 1: \"a\\x00b\"" + said});
    CHECK(listed(kNames, "a\xE2\x80\xAE\n").size() == 1);
    CHECK(listed(kNames, std::string(2000, 'a'))[0].ends_with(said));
    CHECK(listed(support::alembic()->books, "a b\x07\n") == Lines{"line 1: \"b\\x07\"" + said});
    CHECK(listed(kNames, "sch\xC3\xA9ma 'quoted' \"twice\" \\ $$ {table}\n") ==
          Lines{"sch\xC3\xA9ma 'quoted' \"twice\" \\ $$ {table}"});
}

}  // namespace
}  // namespace schemalatch::bake
