#include "probes/postgres/postgres_probe.h"

#include <algorithm>
#include <fstream>
#include <optional>

#include "probes/model/printable.h"
#include "probes/net/resolver.h"
#include "probes/net/wait.h"
#include "probes/postgres/batch.h"
#include "probes/postgres/conninfo.h"
#include "probes/postgres/recognise.h"
#include "probes/postgres/refusal.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::FailureKind;
using model::Look;
using model::ProbeFailure;

// A name may lead elsewhere by now, and a role may have new settings: nothing that is kept tells us.
constexpr std::chrono::seconds kLongestKept{15};

std::chrono::milliseconds left_until(model::TimePoint at) {
    const auto left = at - std::chrono::steady_clock::now();
    return std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(left));
}

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

class PostgresProbe final : public model::Probe {
public:
    PostgresProbe(PostgresSettings settings, Question question)
        : settings_{std::move(settings)},
          info_{parse_conninfo(settings_.url).value()},
          question_{std::move(question)} {}

    Look observe(const Deadline& deadline) override;
    void disconnect() override { kept_.reset(); }

private:
    struct Kept {
        Session session;
        Login login;
        model::TimePoint since;
    };

    Look look(const Deadline& deadline);
    tl::expected<Look, ServerError> ask(Kept& kept, const Deadline& deadline) const;
    Look ask_servers(const Deadline& deadline);
    Look ask_server(const Server& server, const std::optional<std::string>& password, const Deadline& deadline);
    tl::expected<net::Addresses, ProbeFailure> addresses_of(const Server& server, const Deadline& deadline);
    Login login_at(const Server& server) const;

    PostgresSettings settings_;
    ConnInfo info_;
    Question question_;
    net::Resolver resolver_;
    std::optional<Kept> kept_;
};

Look PostgresProbe::observe(const Deadline& deadline) {
    auto seen = look(deadline);
    // The name may lead to a new primary by now.
    if (seen && !seen->primary) disconnect();
    if (!seen) seen.error().interrupted = net::is_stopped(deadline);
    return seen;
}

Look PostgresProbe::look(const Deadline& deadline) {
    if (kept_ && std::chrono::steady_clock::now() - kept_->since > kLongestKept) disconnect();
    if (kept_) {
        auto look = ask(*kept_, deadline);
        if (look) return std::move(*look);
        const Login login = kept_->login;
        kept_.reset();
        if (std::chrono::steady_clock::now() >= deadline.at) return tl::make_unexpected(interpret(look.error(), login));
        // The server closes idle connections for many reasons; that alone says nothing about it. Ask once more, afresh.
    }
    return ask_servers(deadline);
}

tl::expected<Look, ServerError> PostgresProbe::ask(Kept& kept, const Deadline& deadline) const {
    const auto batch = kept.session.run(question_.sql(left_until(deadline.at)), deadline);
    if (batch.error && batch.error->lost) return tl::make_unexpected(*batch.error);
    return question_.interpret(batch);
}

// The first primary decides; else the first standby; else the first server, which is what the URL names first.
Look PostgresProbe::ask_servers(const Deadline& deadline) {
    const auto password = read_password(settings_.password_file);
    if (!password) return tl::make_unexpected(password.error());
    std::optional<Look> best;
    for (std::size_t i = 0; i < info_.servers.size(); ++i) {
        const auto share = model::share_of(deadline, std::chrono::steady_clock::now(), info_.servers.size() - i);
        Look look = ask_server(info_.servers[i], *password, share);
        if (look && look->primary) return look;
        // Only what decided may be kept, and only where there is no other server that may be the primary by now.
        if (info_.servers.size() > 1) disconnect();
        if (!best || (look && !*best)) best = std::move(look);
    }
    return std::move(*best);
}

Look PostgresProbe::ask_server(const Server& server, const std::optional<std::string>& password,
                               const Deadline& deadline) {
    auto addresses = addresses_of(server, deadline);
    if (!addresses) return tl::make_unexpected(addresses.error());
    ServerError last;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        const auto share = model::share_of(deadline, std::chrono::steady_clock::now(), addresses->size() - i);
        auto session = Session::open(info_, server, (*addresses)[i], password, share);
        if (session) {
            kept_.emplace(Kept{std::move(*session), login_at(server), std::chrono::steady_clock::now()});
            auto look = ask(*kept_, share);
            if (look) return std::move(*look);
            kept_.reset();
            last = look.error();
        } else {
            last = session.error();
        }
        // A server that spoke has spoken for its other addresses too.
        if (!last.sqlstate.empty()) break;
    }
    return tl::make_unexpected(interpret(last, login_at(server)));
}

tl::expected<net::Addresses, ProbeFailure> PostgresProbe::addresses_of(const Server& server, const Deadline& deadline) {
    const bool needs_no_lookup = server.host.empty() || server.host.starts_with('/') || server.host.starts_with('@');
    if (!server.hostaddr.empty()) return net::Addresses{server.hostaddr};
    if (needs_no_lookup) return net::Addresses{""};
    auto addresses = resolver_.resolve(server.host, deadline);
    if (!addresses) return tl::make_unexpected(ProbeFailure{FailureKind::unreachable, addresses.error()});
    return std::move(*addresses);
}

Login PostgresProbe::login_at(const Server& server) const {
    const auto value = [&](const std::string& keyword) {
        const auto found = info_.parameters.find(keyword);
        return found == info_.parameters.end() ? std::string{} : found->second;
    };
    return {server.text(), value("user"), value("dbname")};
}

}  // namespace

tl::expected<void, std::string> check_url(const std::string& url) {
    auto info = parse_conninfo(url);
    if (!info) return tl::make_unexpected(info.error());
    return {};
}

std::unique_ptr<model::Probe> make_postgres_probe(PostgresSettings settings, const tools::ToolPtr& tool,
                                                  const std::string& table) {
    const Subject subject{tool, settings.schema, table.empty() ? tool->table : table};
    return std::make_unique<PostgresProbe>(std::move(settings), what_is_applied(subject));
}

std::unique_ptr<model::Probe> make_postgres_recogniser(PostgresSettings settings, const tools::Suspects& suspects) {
    auto question = which_tools(suspects, settings.schema);
    return std::make_unique<PostgresProbe>(std::move(settings), std::move(question));
}

}  // namespace schemalatch::postgres
