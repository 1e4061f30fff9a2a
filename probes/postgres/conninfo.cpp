#include "probes/postgres/conninfo.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "probes/model/printable.h"

namespace schemalatch::postgres {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

// Parameters that other drivers put into PostgreSQL URLs. libpq names what it does not know, but in a URL that it cut
// in the wrong place that may be a piece of the password: only these names are repeated.
constexpr std::array<std::string_view, 12> kForeignParameters{
    "connection_limit",     "max_overflow",     "pgbouncer", "pool_recycle",   "pool_size",
    "pool_timeout",         "prepareThreshold", "schema",    "socket_timeout", "ssl",
    "statement_cache_size", "currentSchema"};

std::string explain(const std::string& libpq_text) {
    for (const auto name : kForeignParameters) {
        if (libpq_text.find("\"" + std::string{name} + "\"") == std::string::npos) continue;
        if (name == "schema") return "has Prisma's parameter \"schema\"; take it out of the URL and set schema";
        return "has the parameter \"" + std::string{name} + "\", which libpq does not know; take it out of the URL";
    }
    return "is not a PostgreSQL URL that libpq understands; percent-encode what is special in user and password "
           "(@ as %40, : as %3A, / as %2F, ? as %3F, % as %25), and take out parameters of other drivers";
}

std::vector<std::string> split_at_commas(const std::string& list) {
    std::vector<std::string> parts(1);
    for (const char c : list) {
        if (c == ',') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

// Empty is libpq's default.
bool is_port(const std::string& text) {
    constexpr std::size_t kMostDigits = 5;
    const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (text.empty() || !digits || text.size() > kMostDigits) return text.empty();
    const int port = std::stoi(text);
    return port >= 1 && port <= 65535;
}

std::string take(Parameters& parameters, const std::string& key) {
    const auto node = parameters.extract(key);
    return node.empty() ? std::string{} : std::move(node.mapped());
}

Parameters defaults_of(std::initializer_list<std::string_view> keywords) {
    Parameters defaults;
    const Options options{PQconndefaults()};
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        for (const auto keyword : keywords) {
            if (keyword == option->keyword && option->val != nullptr) defaults.emplace(option->keyword, option->val);
        }
    }
    return defaults;
}

std::string at_or_last(const std::vector<std::string>& parts, std::size_t i) {
    return i < parts.size() ? parts[i] : parts.back();
}

tl::expected<std::vector<Server>, std::string> servers_of(Parameters& parameters) {
    const auto hosts = split_at_commas(take(parameters, "host"));
    const auto addresses = split_at_commas(take(parameters, "hostaddr"));
    const auto ports = split_at_commas(take(parameters, "port"));
    const std::size_t count = std::max(hosts.size(), addresses.size());
    const bool hosts_fit = hosts.size() == count || (hosts.size() == 1 && hosts[0].empty());
    const bool addresses_fit = addresses.size() == count || (addresses.size() == 1 && addresses[0].empty());
    if (!hosts_fit || !addresses_fit)
        return tl::make_unexpected("names a different number of hosts and of host addresses");
    if (ports.size() != 1 && ports.size() != count)
        return tl::make_unexpected("names a different number of hosts and of ports");
    if (!std::all_of(ports.begin(), ports.end(), is_port)) {
        return tl::make_unexpected(
            "has a port that is no number from 1 to 65535; percent-encode what is special in the password");
    }
    std::vector<Server> servers;
    for (std::size_t i = 0; i < count; ++i) {
        servers.push_back({at_or_last(hosts, i), at_or_last(addresses, i), at_or_last(ports, i)});
    }
    return servers;
}

}  // namespace

std::string Server::text() const {
    const std::string name = !host.empty() ? host : !hostaddr.empty() ? hostaddr : "the default host";
    return model::printable(name + ":" + (port.empty() ? "5432" : port));
}

tl::expected<ConnInfo, std::string> parse_conninfo(const std::string& url) {
    char* text = nullptr;
    const Options options{PQconninfoParse(url.c_str(), &text)};
    const std::unique_ptr<char, decltype(&PQfreemem)> freed{text, PQfreemem};
    if (options == nullptr) return tl::make_unexpected(explain(text == nullptr ? "" : text));
    ConnInfo info;
    info.parameters = defaults_of({"host", "hostaddr", "port"});
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && *option->val != '\0') info.parameters[option->keyword] = option->val;
    }
    if (info.parameters.contains("service")) {
        return tl::make_unexpected(
            "names a service, whose hosts libpq would look up without a deadline; write host and database into the "
            "URL");
    }
    auto servers = servers_of(info.parameters);
    if (!servers) return tl::make_unexpected(servers.error());
    info.servers = std::move(*servers);
    // We try the servers one by one and look for the primary ourselves, so that a lone standby can still be told.
    const auto wanted = take(info.parameters, "target_session_attrs");
    if (wanted == "standby" || wanted == "prefer-standby" || wanted == "read-only") {
        return tl::make_unexpected(
            "asks for a standby by target_session_attrs, but only a primary knows the schema for sure; leave it out");
    }
    return info;
}

}  // namespace schemalatch::postgres
