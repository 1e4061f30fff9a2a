#include "sidecar/gate/literal.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/known_tools.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using Ids = std::vector<std::string>;

Ids ids_of(const std::string& text, const tools::ToolPtr& tool) {
    const auto needs = read_literal(text, tool->books);
    REQUIRE(needs);
    return required_ids({tool->name(), text, "", *needs});
}

std::string error_of(const std::string& text, const model::Bookkeeping& books) {
    const auto needs = read_literal(text, books);
    return needs ? "" : needs.error();
}

TEST_CASE("commas join the ids of a literal", "[literal]") {
    CHECK(*split_literal("a") == Ids{"a"});
    CHECK(*split_literal("a,b,c") == Ids{"a", "b", "c"});
    CHECK(*split_literal("shop.0001_a,shop.0002_b") == Ids{"shop.0001_a", "shop.0002_b"});
}

TEST_CASE("blanks, empty ids and nothing are no literal", "[literal]") {
    for (const auto* text : {"", ",", "a,", ",a", "a,,b", " a", "a ", "a, b", "a b", "a\tb", "a\n", "\r"}) {
        CAPTURE(text);
        const auto ids = split_literal(text);
        REQUIRE_FALSE(ids);
        CHECK(ids.error().ends_with(" is not a version, nor several joined by commas without blanks"));
        for (const auto& tool : {support::alembic(), support::django(), support::flyway()})
            CHECK_FALSE(read_literal(text, tool->books));
    }
    CHECK(split_literal("a\x1b ").error().starts_with("\"a\\x1b \" is not"));
}

TEST_CASE("a literal means what its tool makes of it, and says nothing of the rest of the image", "[literal]") {
    CHECK(ids_of("0042", support::golang_migrate()) == Ids{"42"});
    CHECK(ids_of("b,a", support::alembic()) == Ids{"b", "a"});
    CHECK(ids_of("1.0,R__views", support::flyway()) == Ids{"1.0", "R__views"});
    CHECK(ids_of("shop.0001_a", support::django()) == Ids{"shop.0001_a"});
    const auto set = read_literal("1", support::flyway()->books);
    CHECK_FALSE(std::get<SetRequirement>(*set).whole);
    const auto graph = read_literal("a", support::alembic()->books);
    CHECK_FALSE(std::get<GraphRequirement>(*graph).ancestry);
}

TEST_CASE("an id that is none of its tool is told with what to write", "[literal]") {
    struct Row {
        const char* text;
        model::Bookkeeping books;
        const char* expected;
    };
    model::Bookkeeping counted{.tool = "house", .ordering = model::Ordering::set, .ids = model::IdOrder::number};
    const std::vector<Row> rows{
        {"0001_initial", support::django()->books,
         "\"0001_initial\" names no migration of django; write app.name; for a baked file write @FILE"},
        {"shop.a,b", support::django()->books,
         "\"b\" names no migration of django; write app.name; for a baked file write @FILE"},
        {"shop.", support::django()->books,
         "\"shop.\" names no migration of django; write app.name; for a baked file write @FILE"},
        {".a", support::django()->books,
         "\".a\" names no migration of django; write app.name; for a baked file write @FILE"},
        {"V1", support::flyway()->books, "\"V1\" is not a version of flyway; for a baked file write @FILE"},
        {"1,1.x", support::flyway()->books, "\"1.x\" is not a version of flyway; for a baked file write @FILE"},
        {"/schema/required.json", support::flyway()->books,
         "\"/schema/required.json\" is not a version of flyway; for a baked file write @FILE"},
        {"1,2", support::golang_migrate()->books,
         "\"1,2\" is not a number, which golang-migrate counts in; for a baked file write @FILE"},
        {"x", counted, "\"x\" is not a number, as the versions of house are; for a baked file write @FILE"},
    };
    for (const auto& [text, books, expected] : rows) {
        CAPTURE(text);
        CHECK(error_of(text, books) == expected);
    }
}

}  // namespace
}  // namespace schemalatch::gate
