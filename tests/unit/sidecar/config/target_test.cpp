#include "sidecar/config/target.h"

#include <string>
#include <vector>

#include "probes/postgres/postgres_probe.h"
#include "tests/support/catch.h"

namespace schemalatch::config {
namespace {

constexpr const char* kForms = "give postgresql://user@host/database or sqlite:////path/to/file";

std::string error_of(const std::string& url) {
    const auto target = parse_target(url);
    return target ? "" : target.error();
}

TEST_CASE("a PostgreSQL URL is given to libpq in libpq's words", "[config]") {
    struct Row {
        const char* url;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"postgresql://orders_ro@db/orders", "postgresql://orders_ro@db/orders"},
        {"postgres://orders_ro@db/orders", "postgresql://orders_ro@db/orders"},
        {"postgresql+psycopg://u:p@db:6432/orders?sslmode=require", "postgresql://u:p@db:6432/orders?sslmode=require"},
        {"postgresql+psycopg2cffi://db/orders?pool_size=5", "postgresql://db/orders"},
        {"jdbc:postgresql://db/orders?user=u&password=a%26b",
         "postgresql://db:5432/orders?user=u&password=a%26b&hostaddr="},
        {"postgresql://u:p%40%2F%3A@h/db", "postgresql://u:p%40%2F%3A@h/db"},
        {"postgresql://u:a:b@h/db", "postgresql://u:a:b@h/db"},
        {"postgresql://u:a?b@h/db", "postgresql://u:a?b@h/db"},
        {"host=db dbname=orders user=ro", "postgresql://?host=db&dbname=orders&user=ro"},
        {"host=db password='a b://c@d/e'", "postgresql://?host=db&password=a%20b%3A//c%40d/e"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        const auto target = parse_target(url);
        REQUIRE(target);
        REQUIRE(std::holds_alternative<PostgresTarget>(*target));
        CHECK(std::get<PostgresTarget>(*target).url == expected);
    }
}

TEST_CASE("a URL's schema and the parameters that mean nothing to a look are told", "[config]") {
    const auto target = parse_target("postgresql://db/orders?schema=app&pgbouncer=true&connection_limit=1");
    REQUIRE(target);
    CHECK(std::get<PostgresTarget>(*target).schema == "app");
    CHECK(dropped_parameters(*target) == std::vector<std::string>{"pgbouncer", "connection_limit"});
}

TEST_CASE("one line end behind the URL is passed over, as files have it", "[config]") {
    for (const auto* end : {"", "\n", "\r\n", "\r"}) {
        const auto postgres = parse_target("postgresql://db/orders" + std::string{end});
        REQUIRE(postgres);
        CHECK(std::get<PostgresTarget>(*postgres).url == "postgresql://db/orders");
        const auto sqlite = parse_target("sqlite:///app.db" + std::string{end});
        REQUIRE(sqlite);
        CHECK(std::get<SqliteTarget>(*sqlite).file == "app.db");
    }
}

TEST_CASE("a SQLite URL names its file, and how a driver opens it is dropped", "[config]") {
    const auto target = parse_target("sqlite+pysqlite:///data/app.db?timeout=5&mode=ro");
    REQUIRE(target);
    REQUIRE(std::holds_alternative<SqliteTarget>(*target));
    CHECK(std::get<SqliteTarget>(*target).file == "data/app.db");
    CHECK(dropped_parameters(*target) == std::vector<std::string>{"timeout", "mode"});
}

TEST_CASE("where a target leads is told without its secrets", "[config]") {
    const auto shown = [](const std::string& url) { return text_of(parse_target(url).value()); };
    CHECK(shown("postgresql://u:ZQX@db,db2:5433/orders?sslpassword=ZQX") == "db:5432, db2:5433");
    CHECK(shown("host=/run/postgresql user=u password=ZQX") == "/run/postgresql:5432");
    CHECK(shown("sqlite:////var/lib/app.db?timeout=5") == "/var/lib/app.db");
    CHECK(shown("sqlite:///app\n.db") == (std::filesystem::current_path() / "app\\x0a.db").string());
}

TEST_CASE("a target that libpq cannot read leads nowhere, and its text tells so without repeating it", "[config]") {
    const auto text = text_of(PostgresTarget{"postgresql://u:ZQX@[db/orders"});
    CHECK(text.starts_with("a URL that is not a PostgreSQL URL that libpq understands"));
    CHECK(text.find("ZQX") == std::string::npos);
}

TEST_CASE("a URL that names nothing we can ask is refused with the forms that we take", "[config]") {
    struct Row {
        const char* url;
        std::string expected;
    };
    const std::string cannot = ", which this schemalatch cannot ask; ";
    const std::vector<Row> rows{
        {"", "has no scheme; " + std::string{kForms}},
        {"orders", "has no scheme; " + std::string{kForms}},
        {"/var/lib/app.db", "has no scheme; " + std::string{kForms}},
        {"db:5432/orders", "has no scheme; " + std::string{kForms}},
        {"orders.db?mode=ro", "has no scheme; " + std::string{kForms}},
        {"postgresql:/db/orders?sslmode=require", "has no scheme; " + std::string{kForms}},
        {"://db/orders", "has no scheme; " + std::string{kForms}},
        {" postgresql://db/orders", "has no scheme; " + std::string{kForms}},
        {"mysql://db/orders", "has the scheme \"mysql\"" + cannot + kForms},
        {"mysql+pymysql://db/orders", "has the scheme \"mysql+pymysql\"" + cannot + kForms},
        {"jdbc:mysql://db/orders", "has the scheme \"jdbc:mysql\"" + cannot + kForms},
        {"postgre://db/orders", "has the scheme \"postgre\"" + cannot + kForms},
        {"sqlite3:///app.db", "has the scheme \"sqlite3\"" + cannot + kForms},
        {"sqlite://", "names no SQLite file; write sqlite:////absolute/path or sqlite:///relative/path"},
        {"sqlite:///", "names a SQLite database in memory, which only its own process can see"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(error_of(url) == expected);
    }
}

TEST_CASE("a PostgreSQL URL whose password may be cut in two is refused", "[config]") {
    for (const std::string url :
         {"postgresql://u:p@ss@h/db", "postgresql://u:p/ss@h/db", "postgresql://u:/@h/db", "postgresql://u:p@@h/db",
          "postgresql://u:p@s/s@h/db", "postgresql://u:1/2@h:5432/db?sslmode=require", "postgres://u:p@ss@h",
          "postgresql+psycopg://u:p@ss@h/db", "postgresql://h/d@b", "postgresql://u@h/d@b"}) {
        CAPTURE(url);
        CHECK(error_of(url) ==
              "holds a bare \"@\" or \"/\" where it cannot stand; percent-encode what is special in user, password and "
              "database "
              "(@ as %40, : as %3A, / as %2F, % as %25)");
    }
}

// ---- No error ever repeats the URL or a password ------------------------------------------------------------------

// The ways in which people write a connection down, each with the place for a password.
const std::vector<std::string> kShapes{
    "postgresql://u:{}@h/db",
    "postgresql://u:{}@h:5432/db?sslmode=require",
    "postgresql+psycopg://u:{}@h/db",
    "postgres://{}@h/db",
    "postgresql://h/db?password={}",
    "postgresql:/u:{}@h/db",
    "postgresql//u:{}@h/db",
    "jdbc:postgresql://h/db?user=u&password={}",
    "jdbc:postgresql://u:{}@h/db",
    "jdbc:postgresql:u:{}@h",
    "jdbc:sqlite:/app.db?key={}",
    "sqlite:////app.db?cipher=x&key={}",
    "postgresql://u:{}@h/db?schema=app&sslmod=x",
    "postgresql+asyncpg://h/db?user=u&password={}&ssl=perhaps",
    "host=h password={} pool_size=3",
    "u:{}@h/db",
    "u:{}",
    "//u:{}@h/db",
    "mysql://u:{}@h/db",
    "mysql+pymysql://u:{}@h/db",
    "https://u:{}@h/db",
    "sqlite://u:{}@h/db",
    "sqlite:///:memory:?key={}",
    "host=h user=u password='{}'",
    "host=h password='{}",
    "host=h password = {} =",
};

// Passwords that are cut up where they should be percent-encoded. Their letters are found nowhere else.
const std::vector<std::string> kPasswords{
    "ZQX",      "ZQX@ZQX",    "ZQX/ZQX",         "ZQX:ZQX", "ZQX?ZQX",   "ZQX#ZQX",   "ZQX%ZQX",  "ZQX%4",
    "ZQX%zz",   "ZQX ZQX",    "ZQX&ZQX",         "ZQX=",    "ZQX://ZQX", "ZQX'ZQX",   "ZQX\"ZQX", "ZQX\\ZQX",
    "ZQX\nZQX", "ZQX\x1BZQX", "ZQX\xFFZQX",      "ZQX[ZQX", "[ZQX]ZQX",  "ZQX,ZQX",   "ZQX@@ZQX", "/ZQX@",
    "ZQX://",   "ZQX:/ZQX",   "ZQX@ZQX/ZQX@ZQX", "ZQX$ZQX", "ZQX;ZQX",   "ZQX%00ZQX",
};

std::string filled(std::string shape, const std::string& password) {
    return shape.replace(shape.find("{}"), 2, password);
}

bool is_one_printable_line(const std::string& text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
    }
    return true;
}

TEST_CASE("no error repeats the URL or a piece of its password", "[config]") {
    for (const auto& shape : kShapes) {
        for (const auto& password : kPasswords) {
            const auto url = filled(shape, password);
            const auto target = parse_target(url);
            if (target) continue;
            CAPTURE(shape, password);
            CHECK(target.error().find("ZQX") == std::string::npos);
            CHECK(target.error().find(url) == std::string::npos);
            CHECK(is_one_printable_line(target.error()));
        }
    }
}

TEST_CASE("a scheme that is told is shown in one printable line, however long it is", "[config]") {
    const auto error = error_of(std::string(100'000, 'x') + "://h");
    CHECK(error.size() < 1000);
    CHECK(is_one_printable_line(error));
}

}  // namespace
}  // namespace schemalatch::config
