#include "probes/postgres/url.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "probes/postgres/conninfo.h"
#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

using Lines = std::vector<std::string>;

// As libpq reads it: "db:5432 dbname=orders user=u", servers first, then the parameters by name.
std::string shown(const std::string& conninfo) {
    const auto info = parse_conninfo(conninfo);
    if (!info) return "error: " + info.error();
    std::string line;
    for (const auto& server : info->servers) line += (line.empty() ? "" : ",") + server.text();
    for (const auto& [keyword, value] : info->parameters) line += " " + keyword + "=" + value;
    return line;
}

std::string translated(const std::string& url) {
    const auto translation = translate_url(url);
    return translation ? shown(translation->conninfo) : "error: " + translation.error();
}

std::string schema_of(const std::string& url) {
    const auto translation = translate_url(url);
    return translation ? translation->schema : "error: " + translation.error();
}

Lines dropped_of(const std::string& url) {
    const auto translation = translate_url(url);
    return translation ? translation->dropped : Lines{"error: " + translation.error()};
}

std::string error_of(const std::string& url) {
    const auto translation = translate_url(url);
    return translation ? "" : translation.error();
}

struct Row {
    const char* url;
    const char* expected;
};

// ---- Forms ----------------------------------------------------------------------------------------------------------

TEST_CASE("a URL means to libpq what it means to its driver", "[url]") {
    const std::vector<Row> rows{
        {"postgresql://u:p@db/orders", "db:5432 dbname=orders password=p user=u"},
        {"postgres://u@db:6432/orders?sslmode=require", "db:6432 dbname=orders sslmode=require user=u"},
        {"postgresql+psycopg://u:p%40@db/orders", "db:5432 dbname=orders password=p@ user=u"},
        {"postgresql+asyncpg://db/orders", "db:5432 dbname=orders"},
        {"postgres+pg8000://db/orders", "db:5432 dbname=orders"},
        {"pgx5://u@db/orders", "db:5432 dbname=orders user=u"},
        {"postgresql://", "the default host:5432"},
        {"postgresql:///orders?host=/run/postgresql", "/run/postgresql:5432 dbname=orders"},
        {"postgresql://%2Frun%2Fpostgresql/orders", "/run/postgresql:5432 dbname=orders"},
        {"postgresql://u@a:1,b:2,[::1]:3/orders", "a:1,b:2,::1:3 dbname=orders user=u"},
        {"postgresql://u:a?b@h/db", "h:5432 dbname=db password=a?b user=u"},
        {"postgresql://h/db?application_name=a%40b/c%40d", "h:5432 application_name=a@b/c@d dbname=db"},
        {"postgresql://h/db?options=-c%20search_path=a+b", "h:5432 dbname=db options=-c search_path=a+b"},
        {"postgresql+psycopg://h/db?options=-c+jit%3Doff", "h:5432 dbname=db options=-c jit=off"},
        {"postgresql://h/db?", "h:5432 dbname=db"},
        {"postgresql://h/db?&sslmode=allow&", "h:5432 dbname=db sslmode=allow"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(translated(url) == expected);
    }
}

TEST_CASE("a JDBC URL has its user among the parameters and localhost as its default", "[url]") {
    const std::vector<Row> rows{
        {"jdbc:postgresql://h1:5432,h2/db?user=u&password=p%26q", "h1:5432,h2:5432 dbname=db password=p&q user=u"},
        {"jdbc:postgresql:db", "localhost:5432 dbname=db"},
        {"jdbc:postgresql:///db?user=u", "localhost:5432 dbname=db user=u"},
        {"jdbc:postgresql:/", "localhost:5432"},
        {"jdbc:postgresql://h", "h:5432"},
        {"jdbc:postgresql://[::1]/db", "::1:5432 dbname=db"},
        {"jdbc:postgresql://[::1]:6432/db", "::1:6432 dbname=db"},
        {"jdbc:postgresql://h/my+db", "h:5432 dbname=my db"},
        {"jdbc:postgresql://h/db?password=a+b%2Bc", "h:5432 dbname=db password=a b+c"},
        {"jdbc:postgresql://h/db?options=-c%20jit=off", "h:5432 dbname=db options=-c jit=off"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(translated(url) == expected);
    }
}

TEST_CASE("key=value is read as libpq reads it", "[url]") {
    const std::vector<Row> rows{
        {"host=db dbname=orders user=ro", "db:5432 dbname=orders user=ro"},
        {" host = db  dbname='my db' ", "db:5432 dbname=my db"},
        {R"(host=db password='a\'b\\c d')", R"(db:5432 password=a'b\c d)"},
        {R"(host=db password=a\ b)", "db:5432 password=a b"},
        {"host=db password='' user=u", "db:5432 user=u"},
        {"host=db password='a://b@c/d?e&f+g%h'", "db:5432 password=a://b@c/d?e&f+g%h"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(translated(url) == expected);
        CHECK(shown(url) == expected);
    }
    CHECK(dropped_of("host=db user=u TimeZone=Asia/Shanghai pool_max_conns=4") == Lines{"TimeZone", "pool_max_conns"});
    CHECK(schema_of("host=db search_path=app") == "app");
}

TEST_CASE("SQLAlchemy's repeated host is a list of servers", "[url]") {
    CHECK(translated("postgresql+psycopg://u@/db?host=a:1&host=b") == "a:1,b:5432 dbname=db user=u");
    CHECK(translated("postgresql+psycopg://u@/db?host=a,b&port=1,2") == "a:1,b:2 dbname=db user=u");
    CHECK(translated("postgresql+psycopg://u@/db?host=/run/postgresql") == "/run/postgresql:5432 dbname=db user=u");
    CHECK(error_of("postgresql://u@/db?host=a&host=b") ==
          "has the parameter \"host\", and that twice, with different values; leave one of them out");
}

// ---- Schema ---------------------------------------------------------------------------------------------------------

TEST_CASE("the schema that a URL names is told apart", "[url]") {
    const std::vector<Row> rows{
        {"postgresql://h/db", ""},
        {"postgresql://h/db?schema=app", "app"},
        {"postgresql://h/db?schema=App", "App"},
        {"jdbc:postgresql://h/db?currentSchema=app", "app"},
        {"jdbc:postgresql://h/db?currentSchema=App", "app"},
        {"jdbc:postgresql://h/db?currentSchema=%22My%20App%22", "My App"},
        {"postgres://h/db?search_path=app", "app"},
        {"postgres://h/db?schema_search_path=app", "app"},
        {"postgres://h/db?search_path=", ""},
        {"postgres://h/db?search_path=app&schema=app", "app"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(schema_of(url) == expected);
    }
}

TEST_CASE("several schemas, or one that depends on the role, are refused", "[url]") {
    const std::string expected =
        "which names more than one schema, or one that depends on the role; take it out of the URL and set schema to "
        "the one that holds the bookkeeping table";
    CHECK(error_of("jdbc:postgresql://h/db?currentSchema=app,public") ==
          "has the parameter \"currentSchema\", " + expected);
    CHECK(error_of("postgres://h/db?search_path=%24user") == "has the parameter \"search_path\", " + expected);
    CHECK(error_of("postgres://h/db?search_path=a&schema=b") ==
          "has the parameter \"schema\", and another that names another schema; leave one of them out");
}

// ---- TLS ------------------------------------------------------------------------------------------------------------

TEST_CASE("what a driver says of TLS is said to libpq", "[url]") {
    const std::vector<Row> rows{
        {"jdbc:postgresql://h/db?ssl=true", "sslmode=verify-full"},
        {"jdbc:postgresql://h/db?ssl", "sslmode=verify-full"},
        {"jdbc:postgresql://h/db?ssl=false", "sslmode=prefer"},
        {"jdbc:postgresql://h/db?ssl=true&sslmode=REQUIRE", "sslmode=require"},
        {"jdbc:postgresql://h/db?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory", "sslmode=require"},
        {"jdbc:postgresql://h/db?ssl=true&sslfactory=org.postgresql.ssl.LibPQFactory", "sslmode=verify-full"},
        {"jdbc:postgresql://h/db?channelBinding=require", "channel_binding=require"},
        {"jdbc:postgresql://h/db?gssEncMode=allow&sslmode=require", "sslmode=require"},
        {"jdbc:postgresql://h/db?kerberosServerName=pg", "krbsrvname=pg"},
        {"jdbc:postgresql://h/db?sslcert=c.crt&sslkey=c.key", "sslcert=c.crt sslkey=c.key"},
        {"jdbc:postgresql://h/db?sslcert=c.crt&sslkey=c.pk8", "sslcert=c.crt sslkey=c.pk8"},
        {"postgresql+asyncpg://h/db?ssl=require", "sslmode=require"},
        {"postgresql+asyncpg://h/db?ssl=disable", "sslmode=disable"},
        {"postgresql://h/db?ssl=true&sslrootcert=/ca.pem", "sslmode=verify-full sslrootcert=/ca.pem"},
        {"postgresql://h/db?ssl=0", "sslmode=disable"},
        {"postgresql://h/db?ssl=true&sslmode=require", "sslmode=require"},
        {"postgresql://h/db?sslmode=no-verify", "sslmode=require"},
        {"postgresql://h/db?ssl=no-verify", "sslmode=require"},
        {"postgresql://h/db?ssl-mode=verify-ca&ssl-ca=/ca.pem", "sslmode=verify-ca sslrootcert=/ca.pem"},
        {"postgresql://h/db?sslnegotiation=postgres&uselibpqcompat=true&sslmode=require", "sslmode=require"},
        {"postgresql://h/db?connection_limit=5&sslcert=/ca.pem", "sslrootcert=/ca.pem"},
        {"postgresql://h/db?connection_limit=5&sslcert=/c.crt&sslkey=/c.key", "sslcert=/c.crt sslkey=/c.key"},
        {"postgresql://h/db?sslaccept=strict&sslmode=require&sslcert=/ca.pem",
         "sslmode=verify-full sslrootcert=/ca.pem"},
        {"postgresql://h/db?sslaccept=strict&sslmode=disable", "sslmode=disable"},
        {"postgresql://h/db?sslaccept=accept_invalid_certs&sslmode=require", "sslmode=require"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        auto line = translated(url);
        const std::string database = " dbname=db";
        if (const auto at = line.find(database); at != std::string::npos) line.erase(at, database.size());
        CHECK(line == "h:5432 " + std::string{expected});
    }
}

TEST_CASE("a server whose certificate is to be checked needs a file of roots, and the error tells which", "[url]") {
    unsetenv("PGSSLROOTCERT");
    for (const std::string name : {"ssl", "sslaccept"}) {
        const auto value = name == "ssl" ? "true" : "strict";
        CHECK(error_of("postgresql://h/db?" + name + "=" + value) ==
              "has the parameter \"" + name +
                  "\", which asks for a server whose certificate is checked, and libpq needs a file of roots for that; "
                  "write sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt");
    }
}

TEST_CASE("the system's roots are refused where libpq would take them for a file", "[url]") {
    for (const auto* url : {"postgresql://h/db?sslmode=verify-full&sslrootcert=system", "host=h sslrootcert=system"}) {
        const auto line = translated(url);
        const bool known = line.find("sslrootcert=system") != std::string::npos && !line.starts_with("error: ");
        CHECK((known || line.find("write sslrootcert=/etc/ssl/certs/ca-certificates.crt") != std::string::npos));
    }
}

// ---- Refused --------------------------------------------------------------------------------------------------------

TEST_CASE("what libpq cannot do in place of the driver is refused with what can be written instead", "[url]") {
    const std::vector<Row> rows{
        {"jdbc:postgresql://h/db?sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
         "sslmode=verify-full&sslrootcert=FILE"},
        {"jdbc:postgresql://h/db?sslhostnameverifier=x.Y", "sslmode=verify-full, or verify-ca"},
        {"jdbc:postgresql://h/db?sslpasswordcallback=x.Y", "write sslpassword"},
        {"jdbc:postgresql://h/db?sslkey=/c.p12", "convert the key to PEM"},
        {"jdbc:postgresql://h/db?sslkey=/c.pk8&sslpassword=x", "convert the key to PEM"},
        {"jdbc:postgresql://h/db?ssl=1", "write sslmode=verify-full"},
        {"jdbc:postgresql://h/db?socketFactory=com.google.cloud.sql.postgres.SocketFactory", "host and port"},
        {"jdbc:postgresql://h/db?cloudSqlInstance=a:b:c", "host and port"},
        {"jdbc:postgresql://h/db?authenticationPluginClassName=x.Y", "set password_file"},
        {"jdbc:postgresql://h/db?jaasLogin=true", "krbsrvname"},
        {"jdbc:postgresql://h/db?useSpnego=true", "krbsrvname"},
        {"jdbc:postgresql://h/db?targetServerType=preferSecondary", "asks for a standby"},
        {"jdbc:postgresql://h/db?PGHOST=other", "write jdbc:postgresql://host:port/database"},
        {"jdbc:postgresql://u:p@h/db", "write ?user=...&password=... behind the database"},
        {"postgresql://h/db?sslidentity=c.p12", "convert it with openssl pkcs12"},
        {"postgresql://h/db?sslaccept=perhaps", "give strict or accept_invalid_certs"},
        {"postgresql://h/db?ssl=perhaps", "write sslmode, for example sslmode=require"},
        {"postgresql+pg8000://h/db?unix_sock=/run/s", "host=/FOLDER/OF/THE/SOCKET"},
        {"postgresql+asyncpg://h/db?server_settings=x", "set schema"},
        {"postgres://h/db?x-migrations-table=m", "take it out of the URL and set table"},
        {"postgres://h/db?role=app", "options=-c%20role=NAME"},
        {"postgres://h/db?sslmode=require&sslmode=disable", "leave one of them out"},
        {"host=db password='a", "put a value that holds blanks between single quotes"},
        {"host=db password", "put a value that holds blanks between single quotes"},
        {"postgresql://h/db?user=%zz", "percent-encode"},
        {"postgresql://u:p@ss@h/db", "percent-encode"},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url, error_of(url));
        CHECK(error_of(url).find(expected) != std::string::npos);
    }
}

TEST_CASE("an unknown parameter is refused with the nearest one that is known", "[url]") {
    CHECK(error_of("postgresql://u:p@h/db?sslmod=require") ==
          "has the parameter \"sslmod\", which is not known; did you mean \"sslmode\"?");
    CHECK(error_of("jdbc:postgresql://h/db?curentSchema=app") ==
          "has the parameter \"curentSchema\", which is not known; did you mean \"currentSchema\"?");
    CHECK(error_of("postgresql://h/db?flux_capacitor=1") ==
          "has the parameter \"flux_capacitor\", which is not known; take it out of the URL");
}

TEST_CASE("an unknown parameter is not named where it may be a piece of a password", "[url]") {
    const std::string expected =
        "has a parameter that is not known; take it out of the URL, or percent-encode what is special in user and "
        "password (@ as %40, : as %3A, / as %2F, ? as %3F, & as %26, % as %25)";
    for (const auto* url : {"host=db password=my ZQX=x", "postgresql://h/db?password=a&ZQX=b",
                            "jdbc:postgresql://h/db?user=u&password=a&ZQX", "postgresql://h/db?sslpassword=a&ZQX",
                            "postgresql://h/db?Z%0AQX=1", "postgresql://h/db?ZQX'=1"}) {
        CAPTURE(url);
        CHECK(error_of(url) == expected);
    }
}

TEST_CASE("a password that its URL would cut in two is refused, and no piece of it is told", "[url]") {
    for (const auto* url :
         {"postgres://u:S3cret@ZQX?max=1@h/d", "postgresql://u:ab?ZQX=c/d@h/db",
          "postgresql+psycopg://h/d?user=u&password=ZQX@ZQX", "jdbc:postgresql://h/d;user=u;password=ZQX",
          "jdbc:postgresql://h;databaseName=d;USER=u;Password=ZQX", "jdbc:postgresql:d;user=ZQX",
          "jdbc:postgresql://h/d?ssl=true;user=u;password=ZQX", "jdbc:postgresql://h/d;ZQX"}) {
        CAPTURE(url, error_of(url));
        CHECK(error_of(url).starts_with("holds a "));
        CHECK(error_of(url).find("ZQX") == std::string::npos);
    }
    CHECK(translated("jdbc:postgresql://h/a%3Bb?user=u&password=p;q") == "h:5432 dbname=a;b password=p;q user=u");
    CHECK(translated("jdbc:postgresql://h/db?user=u@srv") == "h:5432 dbname=db user=u@srv");
}

TEST_CASE("a JDBC URL names its servers in front of the parameters, or not at all", "[url]") {
    for (const std::string name : {"host", "hostaddr", "port", "dbname", "database"}) {
        CHECK(error_of("jdbc:postgresql://h/db?" + name + "=x") ==
              "has the parameter \"" + name +
                  "\", which stands in front of the \"?\" here; write jdbc:postgresql://host:port/database");
    }
}

TEST_CASE("a parameter may repeat what stands in front of it, and not contradict it", "[url]") {
    for (const auto* url :
         {"postgresql://u:p@h:1/db?user=u&password=p&host=h&port=1&dbname=db", "postgresql://a,b/db?port=1",
          "postgresql://h/db?hostaddr=127.0.0.1", "postgresql:///db?host=h&user=u"}) {
        CAPTURE(url);
        CHECK(error_of(url).empty());
    }
    const std::vector<Row> rows{{"postgresql://h/db?host=i", "host"},
                                {"postgresql://h:1/db?port=2", "port"},
                                {"postgresql://u@h/db?user=v", "user"},
                                {"postgresql://u@h/db?username=v", "username"},
                                {"postgresql://u:ZQX@h/db?password=ZQY", "password"},
                                {"postgresql://h/db?database=other", "database"},
                                {"postgresql+psycopg://h:1/db?host=h:2", "port"}};
    for (const auto& [url, name] : rows) {
        CAPTURE(url);
        CHECK(error_of(url) == "has the parameter \"" + std::string{name} +
                                   "\", and another value of it in front of the \"?\"; leave one of them out");
    }
}

TEST_CASE("no variable of libpq leads a JDBC URL elsewhere", "[url]") {
    for (const auto* name : {"PGHOST", "PGHOSTADDR", "PGPORT"}) setenv(name, "192.0.2.1", 1);
    const auto translation = translate_url("jdbc:postgresql://h/db");
    const auto info = parse_conninfo(translation->conninfo);
    for (const auto* name : {"PGHOST", "PGHOSTADDR", "PGPORT"}) unsetenv(name);
    REQUIRE(info);
    REQUIRE(info->servers.size() == 1);
    CHECK(info->servers[0].host == "h");
    CHECK(info->servers[0].hostaddr.empty());
    CHECK(info->servers[0].port == "5432");
}

TEST_CASE("encryption by Kerberos is refused where it is insisted on, and done without elsewhere", "[url]") {
    for (const auto* url : {"jdbc:postgresql://h/db?gssEncMode=require", "postgresql://h/db?gssencmode=require",
                            "host=h dbname=db gssencmode=require"}) {
        CAPTURE(url);
        CHECK(translated(url).find("which is not spoken here; write gssencmode=disable&sslmode=require") !=
              std::string::npos);
    }
    CHECK(translated("postgresql://h/db?gssencmode=prefer") == "h:5432 dbname=db");
    CHECK(translated("postgresql://h/db?gssencmode=perhaps").starts_with("error: has a value of gssencmode"));
}

TEST_CASE("a service in the environment is refused before libpq reads its file", "[url]") {
    setenv("PGSERVICEFILE", "/dev/zero", 1);
    setenv("PGSERVICE", "orders", 1);
    const auto by_translation = error_of("postgresql://h/db");
    const auto by_libpq = shown("postgresql://h/db");
    unsetenv("PGSERVICE");
    unsetenv("PGSERVICEFILE");
    CHECK(by_translation.find("unset PGSERVICE") != std::string::npos);
    CHECK(by_libpq == "error: " + by_translation);
}

// ---- Dropped --------------------------------------------------------------------------------------------------------

TEST_CASE("what only the application needs is dropped by name", "[url]") {
    CHECK(dropped_of("jdbc:postgresql://h/db?user=u&prepareThreshold=0&ApplicationName=x&socketTimeout=3") ==
          Lines{"prepareThreshold", "ApplicationName", "socketTimeout"});
    CHECK(dropped_of("postgresql+asyncpg://h/db?prepared_statement_cache_size=0&command_timeout=5&ssl=require") ==
          Lines{"prepared_statement_cache_size", "command_timeout"});
    CHECK(dropped_of("postgresql://h/db?schema=app&pgbouncer=true&connection_limit=1&pool_timeout=0") ==
          Lines{"pgbouncer", "connection_limit", "pool_timeout"});
    CHECK(dropped_of("postgres://h/db?x-statement-timeout=1&pool_max_conns=9&sslmode=disable") ==
          Lines{"x-statement-timeout", "pool_max_conns"});
    CHECK(dropped_of("postgres://h/db?pool=1&pool=2") == Lines{"pool"});
}

TEST_CASE("nothing is dropped where every host is asked anyway", "[url]") {
    for (const auto* url :
         {"jdbc:postgresql://a,b/db?loadBalanceHosts=true", "jdbc:postgresql://a,b/db?targetServerType=primary",
          "jdbc:postgresql://a,b/db?targetServerType=preferPrimary", "postgresql://a,b/db?load_balance_hosts=random"}) {
        CAPTURE(url);
        CHECK(dropped_of(url).empty());
        CHECK(translated(url) == "a:5432,b:5432 dbname=db");
    }
}

}  // namespace
}  // namespace schemalatch::postgres
