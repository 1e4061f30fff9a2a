#include "probes/postgres/session.h"

#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <algorithm>
#include <string_view>

#include "probes/model/printable.h"
#include "probes/net/wait.h"
#include "probes/postgres/flood_guard.h"
#include "probes/tools/select.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::printable;
using net::Wait;
using net::wait_for;

// Bytes that one batch may bring: the most that is taken in, and what a row and its mark have around an id.
constexpr std::size_t kAroundId = 64;
constexpr std::size_t kMostReceived = tools::kMostBytes + kAroundId * (tools::kMostMigrations + 1);

// Bytes that a login may bring, certificates included: many times what an honest one has.
constexpr std::size_t kMostReceivedAtLogin = 1'048'576;

// Bytes that one reading of an idle connection may bring.
constexpr std::size_t kMostReceivedIdle = 1'048'576;

// Results that one batch may bring: some more than it has statements.
constexpr std::size_t kMostResults = 32;

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

void ignore_notice(void*, const char*) {}

std::string text_of(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }

constexpr std::size_t kSqlstateLength = 5;

bool is_sqlstate(std::string_view text) {
    const auto allowed = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    return text.size() == kSqlstateLength && std::all_of(text.begin(), text.end(), allowed);
}

// libpq indents what it only guesses, such as "Is the server running on that host?": our own remedy says that better.
std::string without_hints(std::string text) {
    for (auto at = text.find("\n\t"); at != std::string::npos; at = text.find("\n\t", at)) {
        text.erase(at, text.find('\n', at + 1) - at);
    }
    return text;
}

// libpq spreads its texts over several lines; a reason has one.
std::string one_line(const std::string& text) {
    std::string line;
    for (const char c : text) {
        const bool blank = c == '\n' || c == '\t' || c == ' ';
        if (!blank) line += c;
        if (blank && !line.empty() && line.back() != ' ') line += ' ';
    }
    if (line.ends_with(' ')) line.pop_back();
    return printable(line);
}

std::string message_or_none(std::string message) { return message.empty() ? "(no message)" : std::move(message); }

// Wherever libpq has it from: the URL, the environment or a file.
std::string password_of(const PGconn* connection) { return text_of(PQpass(connection)); }

// A pooler that lets go of a client says why in a message that belongs to no query.
ServerError lost(const PGconn* connection) {
    return parse_connect_error(text_of(PQerrorMessage(connection)), password_of(connection));
}

ServerError sent_too_much(Stage stage) {
    return {"", "the server sent far more than was asked for; see what the URL leads to", true, stage};
}

// What is set beside the URL's own parameters. Where both name a keyword the URL's wins.
const Parameters& our_parameters() {
    static const Parameters parameters{
        {"fallback_application_name", "schemalatch"},
        {"client_encoding", "UTF8"},
        {"gssencmode", "disable"},  // libpq would try Kerberos first
        {"keepalives_idle", "10"},  // a server that vanished while a kept connection was idle
        {"keepalives_interval", "2"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", "10000"},    // milliseconds; a server that vanished while data was on its way
        {"target_session_attrs", "any"},  // or PGTARGETSESSIONATTRS would hide a standby from us
    };
    return parameters;
}

Parameters parameters_for(const ConnInfo& info, const Server& server, const std::string& address,
                          const std::optional<std::string>& password) {
    Parameters parameters = info.parameters;
    parameters.insert(our_parameters().begin(), our_parameters().end());
    if (!server.host.empty()) parameters["host"] = server.host;
    if (!address.empty()) parameters["hostaddr"] = address;
    if (!server.port.empty()) parameters["port"] = server.port;
    if (password) parameters["password"] = *password;
    return parameters;
}

PGconn* start(const Parameters& parameters) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(keywords.data(), values.data(), 0);
}

Stage stage_of(ConnStatusType status) {
    switch (status) {
        case CONNECTION_STARTED:
        case CONNECTION_NEEDED:
            return Stage::connecting;
        case CONNECTION_SSL_STARTUP:
            return Stage::tls;
        default:
            return Stage::login;
    }
}

std::string_view name_of(Stage stage) {
    switch (stage) {
        case Stage::connecting:
            return "connecting";
        case Stage::tls:
            return "agreeing on TLS";
        case Stage::login:
            return "logging in";
        case Stage::query:
            return "waiting for the query's answer";
    }
    return "";
}

ServerError gave_up(Wait wait, Stage stage) {
    if (wait == Wait::stopped) return {"", "the process was told to stop", true, stage};
    return {"", "no answer before the deadline (" + std::string{name_of(stage)} + ")", true, stage};
}

// libpq says of every certificate alike that its verification failed, and lets go of who knows why. So we hold on to
// that over the step in which it may fail.
class TlsWitness {
public:
    explicit TlsWitness(PGconn* connection) : ssl_{static_cast<SSL*>(PQsslStruct(connection, "OpenSSL"))} {
        if (ssl_ != nullptr) SSL_up_ref(ssl_);
    }
    ~TlsWitness() { SSL_free(ssl_); }
    TlsWitness(const TlsWitness&) = delete;
    TlsWitness& operator=(const TlsWitness&) = delete;

    std::string why_not_verified() const {
        const long code = ssl_ == nullptr ? X509_V_OK : SSL_get_verify_result(ssl_);
        return code == X509_V_OK ? std::string{} : std::string{X509_verify_cert_error_string(code)};
    }

private:
    SSL* ssl_;
};

ServerError refused(const PGconn* connection, Stage stage, const TlsWitness& tls) {
    auto error = lost(connection);
    error.stage = stage;
    const auto why = tls.why_not_verified();
    if (error.message.ends_with("certificate verify failed") && !why.empty()) error.message += ": " + printable(why);
    return error;
}

// PQconnectPoll() must not be called before the socket is ready: called early it was seen to block for two minutes.
std::optional<ServerError> finish_connecting(PGconn* connection, const Deadline& deadline) {
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    std::optional<FloodGuard> guard;
    while (wanted != PGRES_POLLING_OK) {
        const short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        const Stage stage = stage_of(PQstatus(connection));
        const Wait wait = wait_for(PQsocket(connection), events, deadline);
        if (wait != Wait::ready) return gave_up(wait, stage);
        // libpq may have opened another one: without TLS where the server has none.
        if (!guard || stage == Stage::connecting) guard.emplace(PQsocket(connection), kMostReceivedAtLogin);
        if (!guard->may_read()) return sent_too_much(stage);
        const TlsWitness tls{connection};
        wanted = PQconnectPoll(connection);
        if (guard->has_cut()) return sent_too_much(stage);
        if (wanted == PGRES_POLLING_FAILED) return refused(connection, stage, tls);
    }
    return std::nullopt;
}

std::optional<ServerError> send(PGconn* connection, const std::string& sql, const Deadline& deadline) {
    if (PQsendQuery(connection, sql.c_str()) == 0) return lost(connection);
    for (int left = PQflush(connection); left != 0; left = PQflush(connection)) {
        if (left < 0) return lost(connection);
        const Wait wait = wait_for(PQsocket(connection), POLLIN | POLLOUT, deadline);
        if (wait != Wait::ready) return gave_up(wait, Stage::query);
        if (PQconsumeInput(connection) == 0) return lost(connection);
    }
    return std::nullopt;
}

// The guard counts what the whole batch brought, notices included. libpq would keep all of it.
tl::expected<Result, ServerError> next_result(PGconn* connection, FloodGuard& guard, const Deadline& deadline) {
    while (PQisBusy(connection) != 0) {
        const Wait wait = wait_for(PQsocket(connection), POLLIN, deadline);
        if (wait != Wait::ready) return tl::make_unexpected(gave_up(wait, Stage::query));
        if (!guard.may_read()) return tl::make_unexpected(sent_too_much(Stage::query));
        const bool consumed = PQconsumeInput(connection) != 0;
        if (guard.has_cut()) return tl::make_unexpected(sent_too_much(Stage::query));
        if (!consumed) return tl::make_unexpected(lost(connection));
    }
    return Result{PQgetResult(connection)};
}

Rows rows_of(const PGresult* result) {
    Rows rows;
    for (int row = 0; row < PQntuples(result); ++row) {
        auto& fields = rows.emplace_back();
        for (int column = 0; column < PQnfields(result); ++column) {
            const bool null = PQgetisnull(result, row, column) != 0;
            fields.push_back(null ? Field{} : Field{std::string{PQgetvalue(result, row, column)}});
        }
    }
    return rows;
}

ServerError error_of(const PGconn* connection, const PGresult* result) {
    ServerError error;
    error.sqlstate = text_of(PQresultErrorField(result, PG_DIAG_SQLSTATE));
    // A server that closed an idle connection, or was shut down, says so in an error of its own or in none.
    if (error.sqlstate.empty()) return lost(connection);
    const auto said = text_of(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    error.message = message_or_none(printable(without_secret(said, password_of(connection))));
    error.lost = PQstatus(connection) == CONNECTION_BAD;
    return error;
}

}  // namespace

void Session::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

std::string without_secret(std::string text, const std::string& secret) {
    constexpr std::string_view kMask = "***";
    if (secret.empty()) return text;
    // On from behind the mask, which may hold the secret itself.
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size())) {
        text.replace(at, secret.size(), kMask);
    }
    return text;
}

ServerError parse_connect_error(const std::string& text, const std::string& secret) {
    // The severity's word is translated by the server, so only the shape is matched: two blanks, the code, a colon.
    constexpr std::string_view kBefore = ":  ";
    constexpr std::string_view kBehind = ": ";
    for (auto at = text.find(kBefore); at != std::string::npos; at = text.find(kBefore, at + 1)) {
        const auto code = text.substr(at + kBefore.size(), kSqlstateLength);
        const auto message = at + kBefore.size() + kSqlstateLength + kBehind.size();
        if (!is_sqlstate(code) || text.compare(message - kBehind.size(), kBehind.size(), kBehind) != 0) continue;
        // Masked before it is cut or escaped: afterwards a piece of the secret might not be found.
        const auto said = without_secret(text.substr(message), secret);
        return {code, message_or_none(printable(said.substr(0, said.find('\n')))), true};
    }
    return {"", message_or_none(one_line(without_secret(without_hints(text), secret))), true};
}

tl::expected<Session, ServerError> Session::open(const ConnInfo& info, const Server& server, const std::string& address,
                                                 const std::optional<std::string>& password, const Deadline& deadline) {
    const auto parameters = parameters_for(info, server, address, password);
    Connection connection{start(parameters)};
    if (!connection) return tl::make_unexpected(ServerError{"", "out of memory", true});
    if (PQstatus(connection.get()) == CONNECTION_BAD) {
        auto error = lost(connection.get());
        error.stage = Stage::connecting;
        return tl::make_unexpected(std::move(error));
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    PQsetNoticeProcessor(connection.get(), ignore_notice, nullptr);
    if (auto error = finish_connecting(connection.get(), deadline)) return tl::make_unexpected(std::move(*error));
    PQsetnonblocking(connection.get(), 1);
    return Session{std::move(connection)};
}

BatchResult Session::run(const std::string& sql, const Deadline& deadline) {
    BatchResult batch;
    FloodGuard guard{PQsocket(connection_.get()), kMostReceived};
    std::size_t results = 0;
    batch.error = send(connection_.get(), sql, deadline);
    while (!batch.error || !batch.error->lost) {
        auto result = next_result(connection_.get(), guard, deadline);
        if (!result) {
            batch.error = std::move(result.error());
            break;
        }
        if (*result == nullptr) break;
        if (++results > kMostResults) {
            batch.error = sent_too_much(Stage::query);
            break;
        }
        if (PQresultStatus(result->get()) == PGRES_TUPLES_OK) {
            batch.selects.push_back(rows_of(result->get()));
        } else if (PQresultStatus(result->get()) != PGRES_COMMAND_OK) {
            batch.error = error_of(connection_.get(), result->get());
        }
    }
    return batch;
}

bool Session::take_notifications() {
    bool any = false;
    while (PGnotify* notification = PQnotifies(connection_.get())) {
        PQfreemem(notification);
        any = true;
    }
    return any;
}

// An idle server says nothing but notifications, and errors that end the session. Whatever else comes, a part of a long
// message or of a short one, is not waited for: libpq would read on for as long as somebody sends, or be woken for each
// byte of it.
Heard Session::hear() {
    if (take_notifications()) return Heard::notification;
    pollfd input{socket(), POLLIN, 0};
    if (poll(&input, 1, 0) <= 0) return Heard::nothing;
    FloodGuard guard{socket(), kMostReceivedIdle};
    const bool read = guard.may_read_on() && PQconsumeInput(connection_.get()) != 0 && !guard.has_cut();
    return read && take_notifications() ? Heard::notification : Heard::end;
}

int Session::announced_pid() const { return PQbackendPID(connection_.get()); }

void Session::wait_for_input(const Deadline& deadline) const { wait_for(socket(), POLLIN, deadline); }

int Session::socket() const { return PQsocket(connection_.get()); }

}  // namespace schemalatch::postgres
