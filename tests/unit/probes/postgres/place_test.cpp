#include "probes/postgres/place.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/known_tools.h"

namespace schemalatch::postgres {
namespace {

using support::alembic;

using Names = std::vector<std::string>;

TEST_CASE("the names in a search_path are read as the server reads them", "[postgres]") {
    struct Row {
        const char* search_path;
        Names names;
    };
    const std::vector<Row> rows{
        {"\"$user\", public", {"ro", "public"}},
        {"$user,public", {"ro", "public"}},
        {"App,\tPUBLIC ", {"app", "public"}},
        {"\"App\"", {"App"}},
        {"\"we\"\"ird, one\", b", {"we\"ird, one", "b"}},
        {"\"app, public\"", {"app, public"}},
        {"\" \"", {" "}},
        {"", {}},
        {"\"\"", {}},
        {" , ", {}},
        {"\"never closed", {"never closed"}},
    };
    for (const auto& [search_path, names] : rows) {
        CAPTURE(search_path);
        CHECK(schemas_in(search_path, "ro") == names);
    }
}

TEST_CASE("a quote in a name is doubled, which every setting of backslash_quote allows", "[postgres]") {
    const auto sql = place_sql({alembic(), "", "a'b\\c"});
    CHECK(sql.find(R"(E'a''b\\c')") != std::string::npos);
}

const Subject kByPath{alembic(), "", "t"};
const Subject kBySchema{alembic(), "app", "t"};

Names schemas(const std::vector<Candidate>& candidates) {
    Names names;
    for (const auto& candidate : candidates) names.push_back(candidate.schema);
    return names;
}

// Columns: schema, in the path, usable, temporary, row security, readable.
Place place_with(const Subject& subject, const Rows& candidates) {
    const auto place =
        place_of(subject, {{Rows{{"f", "orders", "ro", "\"Odd, one\", app, public", "public"}}, candidates}, {}});
    REQUIRE(place);
    return *place;
}

TEST_CASE("tables are told apart by whether the search_path leads to them", "[postgres]") {
    const auto place = place_with(kByPath, {{"public", "t", "t", "f", "f", "t"},
                                            {"Odd, one", "f", "f", "f", "f", "f"},
                                            {"other", "f", "t", "f", "f", "t"},
                                            {"closed", "f", "f", "f", "f", "f"}});
    CHECK(schemas(place.visible) == Names{"public"});
    CHECK(schemas(place.hidden) == Names{"Odd, one"});
    CHECK(schemas(place.elsewhere) == Names{"other", "closed"});
    CHECK(place.schemas == "public");
}

TEST_CASE("where a schema is set the search_path is of no account", "[postgres]") {
    const auto place = place_with(kBySchema, {{"public", "t", "t", "f", "f", "t"}, {"app", "f", "t", "f", "f", "t"}});
    CHECK(schemas(place.visible) == Names{"app"});
    CHECK(schemas(place.hidden).empty());
    CHECK(schemas(place.elsewhere) == Names{"public"});
    CHECK(place.schemas == "app");
    CHECK(schemas(place_with(kBySchema, {{"app", "f", "f", "f", "f", "t"}}).hidden) == Names{"app"});
}

TEST_CASE("an answer of another shape is no place", "[postgres]") {
    CHECK_FALSE(place_of(kByPath, {}));
    CHECK_FALSE(place_of(kByPath, {{Rows{{"f", "orders", "ro", "public", "public"}}}, {}}));
    CHECK_FALSE(place_of(kByPath, {{Rows{{"f"}}, Rows{}}, {}}));
    CHECK_FALSE(place_of(kByPath, {{Rows{}, Rows{}}, {}}));
    CHECK_FALSE(place_of(kByPath, {{Rows{{"f", "orders", "ro", "public", "public"}}, Rows{{"public"}}}, {}}));
}

}  // namespace
}  // namespace schemalatch::postgres
