#include "probes/postgres/upgrade_lock.h"

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

TEST_CASE("whoever holds the lock is told by name and pid, with what a DBA would run", "[lock]") {
    const auto holder = holder_in({{"4711", "schemalatch upgrade by pod-1 pid 17"}});
    REQUIRE(holder);
    CHECK(holder->name == "schemalatch upgrade by pod-1 pid 17");
    CHECK(holder->pid == 4711);
    CHECK(phrase(*holder) == "\"schemalatch upgrade by pod-1 pid 17\" (to end it: SELECT pg_terminate_backend(4711))");
}

TEST_CASE("a lock that nobody holds has no holder", "[lock]") {
    CHECK_FALSE(holder_in({}));
    CHECK_FALSE(holder_in({{"4711"}}));
}

TEST_CASE("a holder whose session cannot be named can still be ended", "[lock]") {
    const auto holder = holder_in({{"4711", std::nullopt}});
    REQUIRE(holder);
    CHECK(phrase(*holder) == "one that could not be named (to end it: SELECT pg_terminate_backend(4711))");
}

TEST_CASE("nothing of a holder but digits comes into a statement that is to be copied", "[lock]") {
    const auto holder = holder_in({{"1); DROP TABLE orders; --", "x\n\x1b[31m"}});
    REQUIRE(holder);
    CHECK_FALSE(holder->pid);
    CHECK(phrase(*holder) == "\"x\\x0a\\x1b[31m\" (to find it: see pg_locks)");
}

TEST_CASE("one name is one lock, and no name is the database's", "[lock]") {
    CHECK(lock_key("") == 0);
    CHECK(lock_key("orders") == lock_key("orders"));
    CHECK(lock_key("orders") != lock_key("billing"));
    CHECK(holder_sql("orders") != holder_sql(""));
}

}  // namespace
}  // namespace schemalatch::postgres
