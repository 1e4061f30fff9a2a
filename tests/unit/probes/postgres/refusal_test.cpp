#include "probes/postgres/refusal.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

using model::FailureKind;

const Login kLogin{"db:5432", "ro", "orders"};

struct Row {
    const char* sqlstate;
    const char* message;
    FailureKind kind;
    const char* advice;  // a part of it
};

void check(const std::vector<Row>& rows) {
    for (const auto& [sqlstate, message, kind, advice] : rows) {
        CAPTURE(sqlstate, message);
        const auto failure = interpret(ServerError{sqlstate, message, true, Stage::login}, kLogin);
        CHECK(failure.kind == kind);
        CHECK(failure.detail.starts_with("db:5432: " + std::string{message} + "; "));
        CAPTURE(failure.detail);
        CHECK(failure.detail.find(advice) != std::string::npos);
    }
}

TEST_CASE("a server's refusal is told by its code, whatever its language, and has its own remedy", "[postgres]") {
    check({
        {"28P01", "Passwort falsch", FailureKind::denied, "check user and password"},
        {"28000", "words", FailureKind::denied, "check the user, ALTER ROLE ... LOGIN, pg_hba.conf, and the client"},
        {"42501", "words", FailureKind::denied, R"(run: GRANT CONNECT ON DATABASE "orders" TO "ro")"},
        {"3D000", "words", FailureKind::unreachable, "create the database, or correct the URL"},
        {"53300", "words", FailureKind::unreachable, "free a connection slot"},
        {"53200", "words", FailureKind::unreachable, "more memory or disk"},
        {"55000", "words", FailureKind::unreachable, "ALLOW_CONNECTIONS"},
        {"57P03", "words", FailureKind::unreachable, "wait until it is up"},
        {"57P01", "words", FailureKind::unreachable, "was shut down"},
        {"57P02", "words", FailureKind::unreachable, "was shut down"},
        {"XX000", "words", FailureKind::unreachable, "see the server's log"},
    });
}

// The texts are PgBouncer 1.18's own.
TEST_CASE("what PgBouncer says under its one code is told apart by its words", "[postgres]") {
    check({
        {"08P01", "password authentication failed", FailureKind::denied, "auth_file"},
        {"08P01", "role \"gone\" does not exist", FailureKind::denied, "create the role"},
        {"08P01", "no such database: nope", FailureKind::unreachable, "give the database to the pooler"},
        {"08P01", "database \"nodb\" does not exist", FailureKind::unreachable, "create or enable the database"},
        {"08P01", "database \"orders\" is disabled", FailureKind::unreachable, "create or enable the database"},
        {"08P01", "unsupported startup parameter: options", FailureKind::unreachable, "set schema"},
        {"08P01", "query_wait_timeout", FailureKind::unreachable, "neither paused nor full"},
        {"08P01", "server login has been failing, try again later (server_login_retry)", FailureKind::unreachable,
         "the server behind it runs"},
        {"08P01", "no more connections allowed (max_client_conn)", FailureKind::unreachable, "raise the pooler's"},
    });
}

// The texts are libpq 15's own, and OpenSSL 3's.
TEST_CASE("what libpq itself refuses has its own remedy", "[postgres]") {
    check({
        {"", "server does not support SSL, but SSL was required", FailureKind::unreachable, "the URL insists on TLS"},
        {"", "root certificate file \"/x\" does not exist Either provide the file or change sslmode",
         FailureKind::unreachable, "sslrootcert"},
        {"", "could not get home directory to locate root certificate file", FailureKind::unreachable, "sslrootcert"},
        {"", "could not read root certificate file \"/x\": no certificate or crl found", FailureKind::unreachable,
         "sslrootcert"},
        {"", "SSL error: certificate verify failed: certificate has expired", FailureKind::unreachable,
         "renew the server's certificate"},
        {"", "SSL error: certificate verify failed: self-signed certificate in certificate chain",
         FailureKind::unreachable, "give the CA that signed"},
        {"", "server certificate for \"db.example\" does not match host name \"localhost\"", FailureKind::unreachable,
         "connect by a name that stands in the server's certificate"},
        {"", "SSL error: sslv3 alert certificate expired", FailureKind::denied, "renew sslcert and sslkey"},
        {"", "SSL error: tlsv1 alert unknown ca", FailureKind::denied, "does not trust the CA of our client"},
        {"", "SSL error: tlsv13 alert certificate required", FailureKind::denied, "give sslcert and sslkey"},
        {"", "SSL error: tlsv1 alert protocol version", FailureKind::unreachable, "TLS versions or ciphers"},
        {"", "private key file \"/k\" has group or world access", FailureKind::denied, "mode 0600"},
        {"", "certificate present, but not private key file \"/k\"", FailureKind::denied, "as a pair"},
        {"", "local user with ID 54321 does not exist", FailureKind::unreachable, "put the user into the URL"},
        {"", "fe_sendauth: no password supplied", FailureKind::denied, "set password_file"},
        {"", "expected authentication request from server, but received H", FailureKind::unreachable, "no PostgreSQL"},
    });
}

TEST_CASE("where nobody says why, the remedy goes by how far the connection came", "[postgres]") {
    const auto advice = [](Stage stage) { return interpret(ServerError{"", "words", true, stage}, kLogin).detail; };
    CHECK(advice(Stage::connecting) ==
          "db:5432: words; check that the server runs, and that host, port and network let us reach it");
    CHECK(advice(Stage::tls).find("TLS settings") != std::string::npos);
    CHECK(advice(Stage::login).find("overloaded, stopped or restarting") != std::string::npos);
    CHECK(advice(Stage::query) == advice(Stage::login));
}

TEST_CASE("the GRANT to connect names role and database as far as the URL does", "[postgres]") {
    const auto told = [](const Login& login) { return interpret(ServerError{"42501", "words", true}, login).detail; };
    CHECK(told({"db:5432", "ro", ""}) == R"(db:5432: words; run: GRANT CONNECT ON DATABASE "ro" TO "ro")");
    CHECK(told({"db:5432", "", "orders"}) == R"(db:5432: words; run: GRANT CONNECT ON DATABASE "orders" TO the role)");
    CHECK(told({"db:5432", "r\"o", "o\n"}) == R"(db:5432: words; run: GRANT CONNECT ON DATABASE "o\x0a" TO "r""o")");
    CHECK(told({"db:5432", "", ""}).find("\"\"") == std::string::npos);
}

}  // namespace
}  // namespace schemalatch::postgres
