#include "probes/postgres/refusal.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "probes/model/printable.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using model::FailureKind;
using model::printable;
using tools::quote_identifier;

constexpr std::string_view kUnreached = "check that the server runs, and that host, port and network let us reach it";
constexpr std::string_view kPooler =
    "the pooler answers, but has no connection to the server for us: check that the server behind it runs, and that "
    "its pool is neither paused nor full";
constexpr std::string_view kStarting = "wait until it is up; its log tells how far it is";

// What a server said. Its words come in its own language, so only the code counts; a prefix stands for its class.
struct Code {
    std::string_view sqlstate;
    FailureKind kind;
    std::string_view remedy;
};

constexpr std::array<Code, 9> kCodes{{
    {"28P01", FailureKind::denied, "check user and password"},
    {"28", FailureKind::denied,
     "check the user, ALTER ROLE ... LOGIN, pg_hba.conf, and the client certificate if that asks for one"},
    {"3D000", FailureKind::unreachable, "create the database, or correct the URL"},
    {"53300", FailureKind::unreachable,
     "free a connection slot, or raise max_connections or the role's CONNECTION LIMIT"},
    {"53", FailureKind::unreachable, "give the server more memory or disk; see its log"},
    {"55000", FailureKind::unreachable, "ALTER DATABASE ... ALLOW_CONNECTIONS true, or correct the URL"},
    {"57P03", FailureKind::unreachable, kStarting},
    {"57P", FailureKind::unreachable, "the server was shut down, or ended the connection; see its log"},
    {"", FailureKind::unreachable, "see the server's log"},
}};

// What is said in English by whoever says it: libpq and OpenSSL in this process, which sets no locale, and PgBouncer,
// which says everything under the one code 08P01.
struct Words {
    std::string_view part;
    FailureKind kind;
    std::string_view remedy;
};

constexpr std::array<Words, 10> kPgBouncer{{
    {"password authentication failed", FailureKind::denied,
     "check user and password, and that the pooler's auth_file or auth_query has the user"},
    {"SASL authentication failed", FailureKind::denied,
     "check user and password, and that the pooler's auth_file or auth_query has the user"},
    {"role \"", FailureKind::denied, "create the role, or correct the user in the URL or the pooler's configuration"},
    {"no such user", FailureKind::denied, "give the user to the pooler's auth_file or auth_query"},
    {"no such database", FailureKind::unreachable,
     "give the database to the pooler's configuration, or correct the URL"},
    {"database \"", FailureKind::unreachable, "create or enable the database, or correct the URL"},
    {"unsupported startup parameter", FailureKind::unreachable,
     "take the parameter out of the URL; in place of options=-csearch_path=... set schema"},
    {"max_client_conn", FailureKind::unreachable, "raise the pooler's max_client_conn"},
    {"shutting down", FailureKind::unreachable, "wait until the pooler is up again"},
    {"", FailureKind::unreachable, kPooler},
}};

constexpr std::array<Words, 21> kClient{{
    {"local user", FailureKind::unreachable, "this process runs as a user without a name: put the user into the URL"},
    {"no password supplied", FailureKind::denied, "the server asks for a password: set password_file"},
    {"channel binding", FailureKind::denied,
     "channel_binding=require needs SCRAM over TLS, which a pooler may not offer; take it out of the URL, or set it "
     "up"},
    {"does not support SSL", FailureKind::unreachable,
     "the URL insists on TLS: switch it on at the server or pooler, or check that host and port are the right ones"},
    {"root certificate", FailureKind::unreachable,
     "mount the certificate of the CA that signed the server's, and name the file by sslrootcert in the URL"},
    {"certificate has expired", FailureKind::unreachable, "renew the server's certificate"},
    {"certificate is not yet valid", FailureKind::unreachable, "check the clocks of both machines"},
    {"local issuer certificate", FailureKind::unreachable,
     "give the CA that signed the server's certificate by sslrootcert, or correct the server's certificate"},
    {"self-signed certificate", FailureKind::unreachable,
     "give the CA that signed the server's certificate by sslrootcert, or correct the server's certificate"},
    {"certificate verify failed", FailureKind::unreachable,
     "see whether the server's certificate has expired; else give the CA that signed it by sslrootcert"},
    {"does not match host name", FailureKind::unreachable,
     "connect by a name that stands in the server's certificate, or issue one for this name"},
    {"private key", FailureKind::denied,
     "give sslcert and sslkey as a pair; the key must be ours with mode 0600, or root's with 0640"},
    {"could not open certificate file", FailureKind::denied,
     "let our user read the file; it is in the HOME of that user, or at sslcert in the URL"},
    {"could not read certificate file", FailureKind::denied, "mount sslcert, and let our user read it"},
    {"certificate required", FailureKind::denied,
     "the server wants a client certificate: give sslcert and sslkey in the URL"},
    {"alert certificate", FailureKind::denied, "the server refuses our client certificate: renew sslcert and sslkey"},
    {"alert unknown ca", FailureKind::denied,
     "the server does not trust the CA of our client certificate: give another by sslcert and sslkey, or the CA to "
     "the server's ssl_ca_file"},
    {"alert bad certificate", FailureKind::denied,
     "the server refuses our client certificate: renew sslcert and sslkey"},
    {" alert ", FailureKind::unreachable,
     "TLS versions or ciphers of server and client do not fit; see the server's log"},
    {"expected authentication request", FailureKind::unreachable, "this is no PostgreSQL server: check host and port"},
    {"received invalid response", FailureKind::unreachable, "this is no PostgreSQL server: check host and port"},
}};

template <typename Table>
const Words* find_words(const Table& table, const std::string& message) {
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const Words& words) { return message.find(words.part) != std::string::npos; });
    return found == table.end() ? nullptr : &*found;
}

const Code& find_code(const std::string& sqlstate) {
    return *std::find_if(kCodes.begin(), kCodes.end(),
                         [&](const Code& code) { return sqlstate.starts_with(code.sqlstate); });
}

std::string grant_connect(const Login& login) {
    const std::string& database = login.database.empty() ? login.role : login.database;
    if (database.empty()) return "GRANT CONNECT ON DATABASE, for the role and the database that libpq takes by default";
    const std::string role = login.role.empty() ? "the role" : quote_identifier(login.role);
    return printable("GRANT CONNECT ON DATABASE " + quote_identifier(database) + " TO " + role);
}

std::string_view remedy_by_stage(Stage stage) {
    switch (stage) {
        case Stage::connecting:
            return kUnreached;
        case Stage::tls:
            return "check that host and port lead to PostgreSQL, and its TLS settings; see the server's log";
        case Stage::login:
        case Stage::query:
            return "the server took the connection and then fell silent or away: see whether it is overloaded, stopped "
                   "or restarting";
    }
    return kUnreached;
}

}  // namespace

model::ProbeFailure interpret(const ServerError& error, const Login& login) {
    const auto because = [said = login.server + ": " + error.message + "; "](std::string_view remedy) {
        return said + std::string{remedy};
    };
    if (error.sqlstate == "42501") return {FailureKind::denied, because("run: " + grant_connect(login))};
    const bool by_client = error.sqlstate.empty();
    const auto* words = by_client                   ? find_words(kClient, error.message)
                        : error.sqlstate == "08P01" ? find_words(kPgBouncer, error.message)
                                                    : nullptr;
    if (words != nullptr) return {words->kind, because(words->remedy)};
    if (by_client) return {FailureKind::unreachable, because(remedy_by_stage(error.stage))};
    const auto& code = find_code(error.sqlstate);
    return {code.kind, because(code.remedy)};
}

}  // namespace schemalatch::postgres
