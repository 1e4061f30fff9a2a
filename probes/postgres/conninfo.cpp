#include "probes/postgres/conninfo.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "probes/model/printable.h"

namespace schemalatch::postgres {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

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
    if (!hosts_fit || !addresses_fit) {
        return tl::make_unexpected(
            "names a different number of hosts and of host addresses; give each host its own in hostaddr, or leave "
            "hostaddr out");
    }
    if (ports.size() != 1 && ports.size() != count) {
        return tl::make_unexpected(
            "names a different number of hosts and of ports; give one port for all, or each host its own");
    }
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

// Values that libpq looks at no earlier than when it connects, and would then call a fault of the connection.
struct Choice {
    std::string_view keyword;
    std::vector<std::string_view> values;  // none: a whole number
};

const std::vector<Choice>& choices() {
    static const std::vector<std::string_view> on_or_off{"0", "1"};
    static const std::vector<std::string_view> tls_versions{"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
    static const std::vector<Choice> all{
        {"sslmode", {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
        {"channel_binding", {"disable", "prefer", "require"}},
        {"gssencmode", {"disable", "prefer", "require"}},
        {"target_session_attrs", {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}},
        {"ssl_min_protocol_version", tls_versions},
        {"ssl_max_protocol_version", tls_versions},
        {"sslcompression", on_or_off},
        {"sslsni", on_or_off},
        {"keepalives", {}},
        {"keepalives_idle", {}},
        {"keepalives_interval", {}},
        {"keepalives_count", {}},
        {"tcp_user_timeout", {}},
    };
    return all;
}

bool same_but_for_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_whole_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

// libpq itself is as lenient with TLS versions, and with no other word.
bool fits(const Choice& choice, std::string_view value) {
    if (choice.values.empty()) return is_whole_number(value);
    const bool any_case = choice.values.front().starts_with("TLS");
    return std::any_of(choice.values.begin(), choice.values.end(),
                       [&](auto one) { return any_case ? same_but_for_case(value, one) : value == one; });
}

std::string told(const Choice& choice) {
    std::string list = choice.values.empty() ? "a whole number" : "";
    for (const auto& value : choice.values) {
        list += &value == &choice.values.front() ? "" : &value == &choice.values.back() ? " or " : ", ";
        list += value;
    }
    return list;
}

// The value is not repeated: in a URL that was cut in the wrong place it may be a piece of the password.
tl::expected<void, std::string> check_value(const PQconninfoOption& fallback, const Parameters& given) {
    const auto& all = choices();
    const auto choice =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.keyword == fallback.keyword; });
    if (choice == all.end()) return {};
    const auto found = given.find(fallback.keyword);
    if (found != given.end() && !fits(*choice, found->second)) {
        return tl::make_unexpected("has a value of " + found->first + " that libpq does not know; give " +
                                   told(*choice));
    }
    const bool by_environment = found == given.end() && fallback.val != nullptr && *fallback.val != '\0';
    if (by_environment && !fits(*choice, fallback.val)) {
        return tl::make_unexpected("leaves " + std::string{fallback.keyword} + " to " + fallback.envvar +
                                   ", whose value libpq does not know; set it to " + told(*choice));
    }
    return {};
}

// Kerberos is spoken by a library that asks its servers without a deadline. "prefer" is no request: we do without.
tl::expected<void, std::string> refuse_kerberos(Parameters& parameters) {
    const auto given = take(parameters, "gssencmode");
    const bool by_environment = given.empty() && defaults_of({"gssencmode"})["gssencmode"] == "require";
    if (given != "require" && !by_environment) return {};
    return tl::make_unexpected(
        (by_environment ? "leaves gssencmode to PGGSSENCMODE, which asks" : "asks by gssencmode=require") +
        std::string{" for encryption by Kerberos, which is not spoken here; write "
                    "gssencmode=disable&sslmode=require"});
}

constexpr int kFirstWithSystemRoots = 160000;

tl::expected<void, std::string> check_values(const Parameters& given) {
    const Options defaults{PQconndefaults()};
    for (const auto* option = defaults.get(); option != nullptr && option->keyword != nullptr; ++option) {
        if (auto checked = check_value(*option, given); !checked) return checked;
        if (option->keyword != std::string_view{"sslrootcert"} || PQlibVersion() >= kFirstWithSystemRoots) continue;
        const auto found = given.find("sslrootcert");
        const std::string roots = found != given.end() ? found->second : option->val == nullptr ? "" : option->val;
        if (roots != "system") continue;
        return tl::make_unexpected(
            "asks for the system's roots by sslrootcert=system, which libpq knows from version 16 on, and this is " +
            std::to_string(PQlibVersion() / 10000) + "; write sslrootcert=/etc/ssl/certs/ca-certificates.crt");
    }
    return {};
}

}  // namespace

std::string Server::text() const {
    const std::string name = !host.empty() ? host : !hostaddr.empty() ? hostaddr : "the default host";
    return model::printable(name + ":" + (port.empty() ? "5432" : port));
}

tl::expected<void, std::string> check_environment() {
    // libpq looks an empty one up, too.
    if (std::getenv("PGSERVICE") == nullptr) return {};
    return tl::make_unexpected(
        "is completed by the service that PGSERVICE names in the environment, whose hosts libpq would look up without "
        "a deadline; unset PGSERVICE, and write host and database into the URL");
}

tl::expected<ConnInfo, std::string> parse_conninfo(const std::string& url) {
    if (auto checked = check_environment(); !checked) return tl::make_unexpected(checked.error());
    const Options options{PQconninfoParse(url.c_str(), nullptr)};
    if (options == nullptr) return tl::make_unexpected(std::string{kNotUnderstood});
    ConnInfo info;
    info.parameters = defaults_of({"host", "hostaddr", "port"});
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        // An empty hostaddr says that PGHOSTADDR does not count.
        const bool may_be_empty = option->keyword == std::string_view{"hostaddr"};
        if (option->val != nullptr && (*option->val != '\0' || may_be_empty))
            info.parameters[option->keyword] = option->val;
    }
    if (info.parameters.contains("service")) {
        return tl::make_unexpected(
            "names a service, whose hosts libpq would look up without a deadline; write host and database into the "
            "URL");
    }
    if (auto checked = check_values(info.parameters); !checked) return tl::make_unexpected(checked.error());
    if (auto checked = refuse_kerberos(info.parameters); !checked) return tl::make_unexpected(checked.error());
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
