#include "probes/postgres/session.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

// The texts are libpq 15's own, with PQERRORS_VERBOSE, from PostgreSQL 15 servers with lc_messages of C, de_DE, ru_RU
// and ja_JP.
TEST_CASE("a refused connection's SQLSTATE and words are found, in whatever language the server speaks", "[postgres]") {
    struct Row {
        std::string text;
        const char* sqlstate;
        const char* message;
    };
    const std::vector<Row> rows{
        {"connection to server at \"127.0.0.1\", port 44023 failed: FATAL:  28P01: password authentication failed for "
         "user \"u\"\n"
         "LOCATION:  auth_failed, auth.c:334\n",
         "28P01", "password authentication failed for user \"u\""},
        {"connection to server at \"127.0.0.1\", port 44023 failed: FATAL:  28000: no pg_hba.conf entry for host "
         "\"127.0.0.1\", user \"x\", "
         "database \"postgres\", no encryption\nLOCATION:  ClientAuthentication, auth.c:544\n",
         "28000", "no pg_hba.conf entry for host \"127.0.0.1\", user \"x\", database \"postgres\", no encryption"},
        {"connection to server at \"127.0.0.1\", port 44023 failed: FATAL:  3D000: database \"nope\" does not "
         "exist\nLOCATION:  InitPostgres, postinit.c:948\n",
         "3D000", "database \"nope\" does not exist"},
        {"connection to server at \"127.0.0.1\", port 44023 failed: FATAL:  42501: permission denied for database "
         "\"noconn\"\n"
         "DETAIL:  User does not have CONNECT privilege.\nLOCATION:  CheckMyDatabase, postinit.c:363\n",
         "42501", "permission denied for database \"noconn\""},
        {"connection to server at \"127.0.0.1\", port 44023 failed: FATAL:  53300: sorry, too many clients "
         "already\nLOCATION:  InitProcess, proc.c:357\n",
         "53300", "sorry, too many clients already"},
        {"connection to server at \"127.0.0.1\", port 34609 failed: FATAL:  28P01: Passwort-Authentifizierung "
         "f\xC3\xBCr Benutzer \xC2\xBBu\xC2\xAB fehlgeschlagen\n"
         "LOCATION:  auth_failed, auth.c:334\n",
         "28P01", "Passwort-Authentifizierung f\xC3\xBCr Benutzer \xC2\xBBu\xC2\xAB fehlgeschlagen"},
        {"connection to server at \"127.0.0.1\", port 34609 failed: FATAL:  53300: tut mir leid, schon zu viele "
         "Verbindungen\n",
         "53300", "tut mir leid, schon zu viele Verbindungen"},
        {"connection to server at \"127.0.0.1\", port 34609 failed: FEHLER:  55000: Datenbank \xC2\xBBx\xC2\xAB "
         "akzeptiert gegenw\xC3\xA4rtig keine Verbindungen\n",
         "55000", "Datenbank \xC2\xBBx\xC2\xAB akzeptiert gegenw\xC3\xA4rtig keine Verbindungen"},
        {"connection to server at \"127.0.0.1\", port 32945 failed: \xD0\x92\xD0\x90\xD0\x96\xD0\x9D\xD0\x9E:  3D000: "
         "\xD0\xB1\xD0\xB0\xD0\xB7\xD0\xB0 \"nope\"\n",
         "3D000", "\xD0\xB1\xD0\xB0\xD0\xB7\xD0\xB0 \"nope\""},
        {"connection to server at \"127.0.0.1\", port 56839 failed: FATAL:  28000: "
         "\xE3\x83\xAD\xE3\x83\xBC\xE3\x83\xAB\"nobody\"\n",
         "28000", "\xE3\x83\xAD\xE3\x83\xBC\xE3\x83\xAB\"nobody\""},
        {"connection to server on socket \"/run/.s.PGSQL.5432\" failed: FATAL:  57P03: the database system is starting "
         "up\n",
         "57P03", "the database system is starting up"},
    };
    for (const auto& [text, sqlstate, message] : rows) {
        CAPTURE(text);
        const auto error = parse_connect_error(text);
        CHECK(error.sqlstate == sqlstate);
        CHECK(error.message == message);
        CHECK(error.lost);
    }
}

TEST_CASE("where no server spoke there is no SQLSTATE, and libpq's words are kept", "[postgres]") {
    for (const std::string text :
         {"connection to server at \"127.0.0.1\", port 44023 failed: server does not support SSL, but SSL was required",
          "connection to server at \"127.0.0.1\", port 44023 failed: fe_sendauth: no password supplied",
          "connection to server at \"127.0.0.1\", port 34165 failed: expected authentication request from server, but "
          "received H",
          "connection to server at \"127.0.0.1\", port 60559 failed: FATAL: sorry, too many clients already",
          "invalid sslmode value: \"bogus\""}) {
        CAPTURE(text);
        const auto error = parse_connect_error(text + "\n");
        CHECK(error.sqlstate.empty());
        CHECK(error.message == text);
        CHECK(error.lost);
    }
    CHECK(parse_connect_error("").message == "(no message)");
    CHECK(parse_connect_error("\n\n").message == "(no message)");
    CHECK(parse_connect_error("x failed: FATAL:  28000: \n").message == "(no message)");
}

TEST_CASE("of two attempts the first that a server refused counts", "[postgres]") {
    const auto error = parse_connect_error(
        "connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  28000: no pg_hba.conf entry for host "
        "\"10.0.0.9\", SSL encryption\n"
        "connection to server at \"10.0.0.1\", port 5432 failed: FATAL:  28000: no pg_hba.conf entry for host "
        "\"10.0.0.9\", no encryption\n");
    CHECK(error.sqlstate == "28000");
    CHECK(error.message == "no pg_hba.conf entry for host \"10.0.0.9\", SSL encryption");
}

TEST_CASE("a server's words become one printable line", "[postgres]") {
    const auto error = parse_connect_error("x failed: FATAL:  28000: \x1B[31mhostile\xFF\r\nDETAIL:  x\n");
    CHECK(error.sqlstate == "28000");
    CHECK(error.message == "\\x1b[31mhostile\\xff\\x0d");
}

TEST_CASE("a server may say as much as libpq takes of it", "[postgres]") {
    constexpr std::size_t kMostOfLibpq = 30'000;  // MAX_ERRLEN, for a message before the login is done
    const auto error = parse_connect_error("x failed: FATAL:  28000: " + std::string(kMostOfLibpq, 'y') + "\n");
    CHECK(error.sqlstate == "28000");
    CHECK(error.message.size() < 1000);
    CHECK(parse_connect_error(std::string(kMostOfLibpq, 'y')).sqlstate.empty());
}

TEST_CASE("what libpq only guesses in indented lines is cut, as our remedy stands behind its words", "[postgres]") {
    const std::string refused = "connection to server at \"127.0.0.1\", port 1 failed: Connection refused";
    const std::string hint = "\n\tIs the server running on that host and accepting TCP/IP connections?";
    CHECK(parse_connect_error(refused + hint + "\n").message == refused);
    CHECK(parse_connect_error(refused + hint).message == refused);
    CHECK(parse_connect_error(refused + hint + "\n" + refused + hint + "\n").message == refused + " " + refused);
}

TEST_CASE("libpq's further lines are told as words, not as escapes", "[postgres]") {
    CHECK(
        parse_connect_error("root certificate file \"/ca.crt\" does not exist\n"
                            "Either provide the file or change sslmode to disable server certificate verification.\n")
            .message ==
        "root certificate file \"/ca.crt\" does not exist Either provide the file or change sslmode to disable server "
        "certificate verification.");
}

TEST_CASE("a password that the server repeats is masked, whatever it is", "[postgres]") {
    CHECK(without_secret("bad password hunter2 for hunter2", "hunter2") == "bad password *** for ***");
    CHECK(without_secret("a * b", "*") == "a *** b");
    CHECK(without_secret("***", "**") == "****");
    CHECK(without_secret("nothing was sent", "") == "nothing was sent");
}

TEST_CASE("a password that the server repeats is masked before its words are cut or escaped", "[postgres]") {
    const std::string refused = "x failed: FATAL:  28P01: ";
    CHECK(parse_connect_error(refused + "no \x1BZQX\x1B\n", "\x1BZQX\x1B").message == "no ***");
    CHECK(parse_connect_error(refused + "no ZQ\nX\nLOCATION:  y\n", "ZQ\nX").message == "no ***");
    CHECK(parse_connect_error("x failed: no Z\tQ  X", "Z\tQ  X").message == "x failed: no ***");
    const auto cut = parse_connect_error(refused + std::string(395, 'y') + "ZQXZQXZQX\n", "ZQXZQXZQX");
    CHECK(cut.message.find('Z') == std::string::npos);
}

TEST_CASE("a password that looks like a piece of libpq's own text hides no SQLSTATE", "[postgres]") {
    const auto error = parse_connect_error("x failed: FATAL:  28P01: no entry\n", "28P01");
    CHECK(error.sqlstate == "28P01");
    CHECK(error.message == "no entry");
}

}  // namespace
}  // namespace schemalatch::postgres
