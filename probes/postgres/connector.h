// From a URL to sessions: names looked up, servers tried in the order of the URL, each with its share of the time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "probes/net/resolver.h"
#include "probes/postgres/conninfo.h"
#include "probes/postgres/refusal.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

struct Connected {
    Session session;
    Login login;
    model::TimePoint since;
    bool asked_to_be_told = false;  // whether listening was tried
    bool listens = false;
};

// One thread may call it. What it learns of names it keeps between its calls.
class Connector {
public:
    // What one server says; the error: the connection was lost meanwhile.
    using Ask = std::function<tl::expected<model::Look, ServerError>(Connected&, const model::Deadline&)>;

    struct Answer {
        model::Look look;
        std::optional<Connected> from;  // who gave it, where no other server could be the better one to ask next time
    };

    // `url`: one that check_url() accepts. `password_file`: read at each call; empty: none.
    Connector(const std::string& url, std::filesystem::path password_file)
        : info_{parse_conninfo(url).value()}, password_file_{std::move(password_file)} {}

    // The first primary's answer; else the first standby's; else the first server's, which is what the URL names first.
    Answer ask(const model::Deadline& deadline, const Ask& ask);

private:
    Answer ask_server(const Server& server, const std::optional<std::string>& password, const model::Deadline& deadline,
                      const Ask& ask);
    tl::expected<net::Addresses, model::ProbeFailure> addresses_of(const Server& server,
                                                                   const model::Deadline& deadline);
    Login login_at(const Server& server) const;

    ConnInfo info_;
    std::filesystem::path password_file_;
    net::Resolver resolver_;
};

}  // namespace schemalatch::postgres
