#include "sidecar/bake/flyway_name.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

struct Row {
    std::string file_name;
    std::string expected;
};

// "V 1.2", "R R__views", "B 5", or "passed over".
std::string parsed(const std::string& file_name) {
    const auto name = parse_flyway_name(file_name);
    if (!name) return "passed over";
    const std::string kind = name->kind == FlywayKind::versioned    ? "V"
                             : name->kind == FlywayKind::repeatable ? "R"
                                                                    : "B";
    return kind + " " + name->id;
}

void check(const std::vector<Row>& rows) {
    for (const auto& [file_name, expected] : rows) {
        CAPTURE(file_name);
        CHECK(parsed(file_name) == expected);
    }
}

TEST_CASE("a version stands between V and two underscores, and one underscore in it is a dot", "[bake]") {
    check({{"V1__orders.sql", "V 1"},
           {"V01__orders.sql", "V 01"},
           {"V1.1__orders.sql", "V 1.1"},
           {"V1_1__orders.sql", "V 1.1"},
           {"V1_1_0__orders.sql", "V 1.1.0"},
           {"V20261126120000__orders.sql", "V 20261126120000"},
           {"V340282366920938463463374607431768211456__orders.sql", "V 340282366920938463463374607431768211456"},
           {"V1__two__titles.sql", "V 1"},
           {"V1__R__orders.sql", "V 1"},
           {"V1__.sql", "V 1"},
           {"V1.sql", "V 1"},
           {"V1__a.b.sql", "V 1"},
           {"V1__v1.2.sql", "V 1"}});
}

TEST_CASE("a repeatable is known by its description, blanks and underscores alike", "[bake]") {
    check({{"R__views.sql", "R R__views"},
           {"R__refresh_views.sql", "R R__refresh_views"},
           {"R__refresh views.sql", "R R__refresh_views"},
           {"R__1.sql", "R R__1"},
           {"R____a.sql", "R R____a"},
           {"R__sch\xC3\xA9ma.sql", "R R__sch\xC3\xA9ma"},
           {"R__.sql", "R R__"}});
}

TEST_CASE("a baseline migration is one of its version", "[bake]") {
    check({{"B5__base.sql", "B 5"}, {"B5_1__base.sql", "B 5.1"}, {"B__base.sql", "passed over"}});
}

TEST_CASE("scripts are migrations like SQL, whatever the case of the ending", "[bake]") {
    check({{"V1__a.sh", "V 1"},
           {"V1__a.bash", "V 1"},
           {"V1__a.py", "V 1"},
           {"V1__a.ps1", "V 1"},
           {"V1__a.cmd", "V 1"},
           {"V1__a.bat", "V 1"},
           {"V1__a.SQL", "V 1"},
           {"R__a.py", "R R__a"}});
}

TEST_CASE("what flyway does not take for a migration is passed over", "[bake]") {
    check({{"", "passed over"},
           {"V", "passed over"},
           {"V.sql", "passed over"},
           {"R.sql", "passed over"},
           {".sql", "passed over"},
           {"README.md", "passed over"},
           {"V1__a.sql.conf", "passed over"},
           {"V1__a.conf", "passed over"},
           {"V1__a.sql.bak", "passed over"},
           {"V1__a.sql~", "passed over"},
           {"V1__A.java", "passed over"},
           {"V1__A.class", "passed over"},
           {"U1__undo.sql", "passed over"},
           {"afterMigrate.sql", "passed over"},
           {"beforeMigrate__first.sql", "passed over"},
           {"v1__a.sql", "passed over"},
           {"r__a.sql", "passed over"},
           {"b1__a.sql", "passed over"},
           {"V__a.sql", "passed over"},
           {"V1_a.sql", "passed over"},
           {"V1-a.sql", "passed over"},
           {"V1a__a.sql", "passed over"},
           {"V.1__a.sql", "passed over"},
           {"V1.__a.sql", "passed over"},
           {"V1..2__a.sql", "passed over"},
           {"V-1__a.sql", "passed over"},
           {"V+1__a.sql", "passed over"},
           {"V 1__a.sql", "passed over"},
           {"R_a.sql", "passed over"},
           {"R1__a.sql", "passed over"}});
}

TEST_CASE("a slip of the pen is told from a file that was never meant", "[bake]") {
    for (const auto* name : {"V1_orders.sql", "v1__orders.sql", "V1-orders.sql", "V__orders.sql", "V_1__orders.sql",
                             "R_views.sql", "R1__views.sql", "B5_base.sql", "B__base.sql", "V1a__orders.SQL"}) {
        CAPTURE(name);
        CHECK(is_misspelt_for_flyway(name));
    }
    for (const auto* name : {"V1__orders.sql", "R__views.sql", "B5__base.sql", "Views.sql", "Base.sql", "README.sql",
                             "U1_undo.sql", "afterMigrate.sql", "V1_orders.txt", "V1_orders.conf", "", "V", "R_.sq"}) {
        CAPTURE(name);
        CHECK_FALSE(is_misspelt_for_flyway(name));
    }
}

}  // namespace
}  // namespace schemalatch::bake
