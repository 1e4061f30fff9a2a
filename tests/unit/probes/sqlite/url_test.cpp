#include "probes/sqlite/url.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::sqlite {
namespace {

std::string error_of(const std::string& url) {
    const auto translated = translate_url(url);
    return translated ? "" : translated.error();
}

TEST_CASE("a SQLite URL names its file as SQLAlchemy reads it", "[sqlite]") {
    struct Row {
        const char* url;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"sqlite:////var/lib/app.db", "/var/lib/app.db"},
        {"sqlite:///app.db", "app.db"},
        {"sqlite:///data/app.db", "data/app.db"},
        {"sqlite+pysqlite:////app.db", "/app.db"},
        {"sqlite+aiosqlite:///app.db", "app.db"},
        {"sqlite:////app.db?timeout=5", "/app.db"},
        {"jdbc:sqlite:/var/lib/app.db", "/var/lib/app.db"},
        {"jdbc:sqlite:app.db?journal_mode=WAL", "app.db"},
        {"sqlite:////a%20b.db", "/a%20b.db"},
        {"sqlite:////a b#c.db", "/a b#c.db"},
        {"sqlite:////a@b:c.db", "/a@b:c.db"},
        {"sqlite:///../app.db", "../app.db"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(names_sqlite(url));
        const auto translated = translate_url(url);
        REQUIRE(translated);
        CHECK(translated->file == expected);
    }
}

TEST_CASE("how a driver opens its SQLite file is dropped by name", "[sqlite]") {
    const auto translated = translate_url("sqlite:////app.db?timeout=5&check_same_thread=false&mode=ro&cache=shared");
    REQUIRE(translated);
    CHECK(translated->dropped == std::vector<std::string>{"timeout", "check_same_thread", "mode", "cache"});
}

TEST_CASE("a SQLite file that plain SQLite cannot read is refused", "[sqlite]") {
    for (const auto* name : {"vfs", "key", "cipher"}) {
        CHECK(error_of("sqlite:////app.db?" + std::string{name} + "=ZQX") ==
              "has the parameter \"" + std::string{name} +
                  "\", by which a file is opened that plain SQLite cannot read; such a database cannot be asked");
    }
    CHECK(error_of("sqlite:////app.db?ZQX=1") ==
          "has a parameter behind \"?\" that no SQLite driver is known for; take it out of the URL");
    CHECK(error_of("sqlite:////app.db?timeot=1") ==
          "has a parameter behind \"?\" that no SQLite driver is known for; take it out of the URL; did you mean "
          "\"timeout\"?");
}

TEST_CASE("a URL that names no SQLite file another process could read is refused", "[sqlite]") {
    const std::string in_memory = "names a SQLite database in memory, which only its own process can see";
    const std::string no_file = "names no SQLite file; write sqlite:////absolute/path or sqlite:///relative/path";
    for (const auto* url : {"sqlite:///", "sqlite:///:memory:", "sqlite:///?mode=memory",
                            "sqlite:////app.db?mode=memory", "jdbc:sqlite::memory:", "jdbc:sqlite:"}) {
        CAPTURE(url);
        CHECK(error_of(url) == in_memory);
    }
    for (const auto* url : {"sqlite://", "sqlite://app.db", "sqlite+pysqlite://app.db"}) {
        CAPTURE(url);
        CHECK(error_of(url) == no_file);
    }
    CHECK(error_of("sqlite:///file:app.db?uri=true") ==
          "is a SQLite URI file name; write the plain path behind sqlite:///");
}

TEST_CASE("what only looks like a SQLite URL names none", "[sqlite]") {
    for (const auto* url :
         {"", "sqlite", "sqlite:app.db", "sqlite:/app.db", "sqlite3:///app.db", "mysql+sqlite:///app.db",
          "sqlite+a b:///app.db", " sqlite:///app.db", "postgresql://db/orders"}) {
        CAPTURE(url);
        CHECK_FALSE(names_sqlite(url));
    }
}

}  // namespace
}  // namespace schemalatch::sqlite
