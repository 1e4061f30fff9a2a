// One connection to one server, driven without ever blocking beyond a deadline. The only place that calls libpq's
// connection and query functions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/probe.h"
#include "probes/postgres/conninfo.h"

struct pg_conn;

namespace schemalatch::postgres {

// How far a connection came.
enum class Stage {
    connecting,  // TCP, or the socket file
    tls,         // agreeing on TLS; a server may refuse our certificate only later, during the login
    login,       // from the startup message until the server is ready for a query
    query,       // behind that
};

// A server's refusal, or the lack of an answer.
struct ServerError {
    std::string sqlstate;  // five characters; empty: no server said it
    std::string message;   // one line, printable, never a secret
    bool lost = false;     // the connection is of no use any more
    Stage stage = Stage::query;
};

using Field = std::optional<std::string>;  // nullopt: SQL NULL
using Rows = std::vector<std::vector<Field>>;

// What a batch gave: the rows of each SELECT that came through, and the error that ended the batch, if one did.
struct BatchResult {
    std::vector<Rows> selects;
    std::optional<ServerError> error;
};

enum class Heard {
    nothing,
    notification,  // one or more
    end,           // the session is over, or says what no idle session says; it is of no use any more
};

// One thread may call it.
class Session {
public:
    // `address` is numeric, or empty for what needs no lookup. The password, if given, wins over the URL's.
    static tl::expected<Session, ServerError> open(const ConnInfo& info, const Server& server,
                                                   const std::string& address,
                                                   const std::optional<std::string>& password,
                                                   const model::Deadline& deadline);

    // Several statements as one simple query: one round trip, and one transaction.
    BatchResult run(const std::string& sql, const model::Deadline& deadline);

    // Whether a notification came since the last call, of those that arrived with other answers.
    bool take_notifications();

    // What came since the last call while nothing was asked. Never waits.
    Heard hear();

    // The server's process, as it was announced at the login: a pooler announces one that is not there.
    int announced_pid() const;

    // Until the server says something of its own accord, or the deadline.
    void wait_for_input(const model::Deadline& deadline) const;

    // Whoever shuts it down ends the session.
    int socket() const;

private:
    struct Finish {
        void operator()(pg_conn* connection) const;
    };
    using Connection = std::unique_ptr<pg_conn, Finish>;

    explicit Session(Connection connection) : connection_{std::move(connection)} {}

    Connection connection_;
};

// Takes "FATAL:  28P01: password authentication failed..." out of libpq's text for a refused connection. libpq offers
// no field for it before a connection stands, but writes it into the text when asked for verbose errors. Where the
// server's words repeat `secret` it is masked. Pure.
ServerError parse_connect_error(const std::string& text, const std::string& secret = "");

// A server could repeat the password that it was sent: each place where it stands is masked. Pure.
std::string without_secret(std::string text, const std::string& secret);

}  // namespace schemalatch::postgres
