#include "probes/postgres/connector.h"

#include <fstream>

#include "probes/model/printable.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::FailureKind;
using model::ProbeFailure;

// Somebody may have put the password itself there.
tl::unexpected<ProbeFailure> no_password(const std::filesystem::path& file, const std::string& why) {
    const bool is_path = file.string().find('/') != std::string::npos;
    const std::string name = is_path ? model::printable(file.string()) : "(not shown: it may be the password)";
    return tl::make_unexpected(ProbeFailure{FailureKind::denied, "password_file " + name + " " + why});
}

tl::expected<std::optional<std::string>, ProbeFailure> read_password(const std::filesystem::path& file) {
    if (file.empty()) return std::nullopt;
    std::error_code error;
    std::ifstream in;
    std::string password;
    // Opening a pipe could block for ever, and reading a folder throws.
    if (std::filesystem::is_regular_file(file, error)) in.open(file);
    if (in.is_open()) std::getline(in, password);
    if (password.ends_with('\r')) password.pop_back();
    if (!in.is_open() || in.bad()) return no_password(file, "cannot be read; mount it, and let our user read it");
    if (password.empty()) return no_password(file, "is empty; write the password into its first line");
    return password;
}

}  // namespace

Connector::Answer Connector::ask(const Deadline& deadline, const Ask& ask) {
    const auto password = read_password(password_file_);
    if (!password) return {tl::make_unexpected(password.error()), std::nullopt};
    std::optional<Answer> best;
    for (std::size_t i = 0; i < info_.servers.size(); ++i) {
        const auto share = model::share_of(deadline, std::chrono::steady_clock::now(), info_.servers.size() - i);
        Answer answer = ask_server(info_.servers[i], *password, share, ask);
        if (answer.look && answer.look->primary) return answer;
        // Only what decided may be kept, and only where there is no other server that may be the primary by now.
        if (info_.servers.size() > 1) answer.from.reset();
        if (!best || (answer.look && !best->look)) best = std::move(answer);
    }
    return std::move(*best);
}

Connector::Answer Connector::ask_server(const Server& server, const std::optional<std::string>& password,
                                        const Deadline& deadline, const Ask& ask) {
    auto addresses = addresses_of(server, deadline);
    if (!addresses) return {tl::make_unexpected(addresses.error()), std::nullopt};
    ServerError last;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        const auto share = model::share_of(deadline, std::chrono::steady_clock::now(), addresses->size() - i);
        auto session = Session::open(info_, server, (*addresses)[i], password, share);
        if (session) {
            Connected connected{std::move(*session), login_at(server), std::chrono::steady_clock::now()};
            auto look = ask(connected, share);
            if (look) return {std::move(*look), std::move(connected)};
            last = look.error();
        } else {
            last = session.error();
        }
        // A server that spoke has spoken for its other addresses too.
        if (!last.sqlstate.empty()) break;
    }
    return {tl::make_unexpected(interpret(last, login_at(server))), std::nullopt};
}

tl::expected<net::Addresses, ProbeFailure> Connector::addresses_of(const Server& server, const Deadline& deadline) {
    const bool needs_no_lookup = server.host.empty() || server.host.starts_with('/') || server.host.starts_with('@');
    if (!server.hostaddr.empty()) return net::Addresses{server.hostaddr};
    if (needs_no_lookup) return net::Addresses{""};
    auto addresses = resolver_.resolve(server.host, deadline);
    if (!addresses) return tl::make_unexpected(ProbeFailure{FailureKind::unreachable, addresses.error()});
    return std::move(*addresses);
}

Login Connector::login_at(const Server& server) const {
    const auto value = [&](const std::string& keyword) {
        const auto found = info_.parameters.find(keyword);
        return found == info_.parameters.end() ? std::string{} : found->second;
    };
    return {server.text(), value("user"), value("dbname")};
}

}  // namespace schemalatch::postgres
