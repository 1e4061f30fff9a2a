#include "probes/postgres/journal_sql.h"

#include <string>

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

TEST_CASE("a literal keeps what is text and escapes what is none", "[journal]") {
    CHECK(text_literal("a'b\\c\n\u200b") == "E'a''b\\\\c\n\u200b'");
    CHECK(text_literal("p\xFF'") == R"(E'p\\xff''')");
}

TEST_CASE("nothing is written into a journal before a stranger's would have ended it", "[journal]") {
    const auto sql = journal_ddl("j");
    const auto guard = sql.find(" belongs to ");
    REQUIRE(guard != std::string::npos);
    CHECK(guard > sql.rfind("CREATE TABLE"));
    CHECK(guard < sql.find("INSERT"));
    CHECK(guard < sql.find("CREATE INDEX"));
}

}  // namespace
}  // namespace schemalatch::postgres
