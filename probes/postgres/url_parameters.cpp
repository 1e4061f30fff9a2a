#include "probes/postgres/url_parameters.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string_view>

#include "probes/model/printable.h"
#include "probes/model/suggestion.h"
#include "probes/postgres/conninfo.h"

namespace schemalatch::postgres {

namespace {

using Result = tl::expected<void, std::string>;
using Texts = std::vector<std::string_view>;

// A parameter by libpq's name, where a driver's differs in nothing else.
struct Given {
    std::string name;
    std::string value;
    std::string written;  // the driver's name for it
};

struct Translation {
    Dialect dialect;
    std::vector<Given> given;
    TranslatedParameters result;
};

// What becomes of a parameter. `detail` is the rest of the row.
using Apply = Result (*)(Translation&, const Given&, std::string_view detail);

struct Rule {
    std::string_view name;
    Apply apply;
    std::string_view detail = {};
};

struct Alias {
    std::string_view name;
    std::string_view keyword;  // libpq's, or one of kRules
};

// ---- Asking ---------------------------------------------------------------------------------------------------------

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// Empty for what libpq does not know.
struct Keyword {
    std::string name;
    bool has_default;  // by the environment, too
};

const std::vector<Keyword>& keywords() {
    static const std::vector<Keyword> known = [] {
        std::vector<Keyword> found;
        const std::unique_ptr<PQconninfoOption, FreeOptions> options{PQconndefaults()};
        for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
            found.push_back({option->keyword, option->val != nullptr && *option->val != '\0'});
        return found;
    }();
    return known;
}

const Keyword* find_keyword(std::string_view name) {
    const auto found =
        std::find_if(keywords().begin(), keywords().end(), [&](const auto& keyword) { return keyword.name == name; });
    return found == keywords().end() ? nullptr : &*found;
}

const std::string* given(const Translation& translation, std::string_view name) {
    const auto& all = translation.given;
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    return found == all.end() ? nullptr : &found->value;
}

bool is_one_of(std::string_view text, const Texts& texts) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::string lower(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return line;
}

// By what no other driver has: the scheme does not tell.
bool is_prismas(const Translation& translation) {
    const Texts signs{"schema", "pgbouncer", "connection_limit", "sslaccept", "sslidentity"};
    return translation.dialect == Dialect::libpq &&
           std::any_of(signs.begin(), signs.end(), [&](auto sign) { return given(translation, sign) != nullptr; });
}

// Prisma's sslcert is a root, for its own certificate is in sslidentity.
bool certificate_is_root(const Translation& translation) {
    return is_prismas(translation) && given(translation, "sslkey") == nullptr;
}

tl::unexpected<std::string> error(std::string_view name, std::string_view rest) {
    return tl::make_unexpected("has the parameter \"" + std::string{name} + "\", " + std::string{rest});
}

// ---- What becomes of a parameter ------------------------------------------------------------------------------------

Result put(Translation& translation, std::string_view keyword, std::string_view value) {
    translation.result.parameters.push_back({std::string{keyword}, std::string{value}});
    return {};
}

Result pass(Translation& translation, const Given& parameter, std::string_view) {
    return put(translation, parameter.name, parameter.value);
}

Result drop(Translation& translation, const Given& parameter, std::string_view) {
    auto& dropped = translation.result.dropped;
    if (std::find(dropped.begin(), dropped.end(), parameter.written) == dropped.end())
        dropped.push_back(parameter.written);
    return {};
}

// What it asks for is done anyway.
Result already_so(Translation&, const Given&, std::string_view) { return {}; }

// By decide_sslmode(), which sees all of them.
Result decided_together(Translation&, const Given&, std::string_view) { return {}; }

Result refuse(Translation&, const Given& parameter, std::string_view detail) {
    return error(parameter.written, detail);
}

// `detail` is the first major version of libpq that knows it.
Result pass_if_known(Translation& translation, const Given& parameter, std::string_view detail) {
    if (find_keyword(parameter.name) != nullptr) return put(translation, parameter.name, parameter.value);
    return error(parameter.written, "which libpq knows from version " + std::string{detail} + " on, and this is " +
                                        std::to_string(PQlibVersion() / 10000) + "; take it out of the URL");
}

Result negotiate_tls(Translation& translation, const Given& parameter, std::string_view detail) {
    if (parameter.value == "postgres") return {};
    return pass_if_known(translation, parameter, detail);
}

// Where this one looks, the key "schema" looks.
Result name_schema(Translation& translation, const Given& parameter, const std::string& schema) {
    auto& named = translation.result.schema;
    if (!named.empty() && named != schema)
        return error(parameter.written, "and another that names another schema; leave one of them out");
    named = schema;
    return {};
}

Result schema(Translation& translation, const Given& parameter, std::string_view) {
    return name_schema(translation, parameter, parameter.value);
}

// A name as in SQL: the server makes it small unless it is quoted. Empty if it is no single name.
std::string single_name(std::string_view list) {
    const bool quoted = list.size() > 2 && list.starts_with('"') && list.ends_with('"');
    const auto name = quoted ? list.substr(1, list.size() - 2) : list;
    const bool single = name.find_first_of(quoted ? "\"" : "\"$, ") == std::string_view::npos;
    if (!single) return "";
    return quoted ? std::string{name} : lower(name);
}

Result search_path(Translation& translation, const Given& parameter, std::string_view) {
    if (parameter.value.empty()) return {};
    const auto name = single_name(parameter.value);
    if (!name.empty()) return name_schema(translation, parameter, name);
    return error(parameter.written,
                 "which names more than one schema, or one that depends on the role; take it out of the URL and set "
                 "schema to the one that holds the bookkeeping table");
}

Result server_type(Translation&, const Given& parameter, std::string_view) {
    if (is_one_of(parameter.value, {"any", "primary", "master", "preferPrimary"})) return {};
    return error(parameter.written,
                 "which asks for a standby, but only a primary knows the schema for sure; leave it out");
}

// We do without, where it may be done without; parse_conninfo() refuses what insists.
Result gss_encryption(Translation& translation, const Given& parameter, std::string_view) {
    const bool may_do_without = is_one_of(parameter.value, {"allow", "prefer"});
    return put(translation, parameter.name, may_do_without ? "disable" : parameter.value);
}

// Java's driver reads hosts and database in front of the "?" only, and passes these over.
constexpr std::string_view kServerPath =
    "which stands in front of the \"?\" here; write jdbc:postgresql://host:port/database";

Result server(Translation& translation, const Given& parameter, std::string_view) {
    if (translation.dialect == Dialect::jdbc) return error(parameter.written, kServerPath);
    return put(translation, parameter.name, parameter.value);
}

// libpq's OpenSSL reads a bare PKCS#8 key, as Java's driver has it, but not one behind a password.
Result client_key(Translation& translation, const Given& parameter, std::string_view) {
    const auto file = lower(parameter.value);
    const auto ends_in = [&](auto ending) { return file.ends_with(ending); };
    const Texts stores{".p12", ".pfx"};
    const Texts binary{".pk8", ".p8", ".der"};
    const bool locked = given(translation, "sslpassword") != nullptr;
    if (std::any_of(stores.begin(), stores.end(), ends_in) ||
        (locked && std::any_of(binary.begin(), binary.end(), ends_in))) {
        return error(parameter.written,
                     "which names a file that libpq does not read; convert the key to PEM with openssl, and set sslkey "
                     "to that file");
    }
    return put(translation, parameter.name, parameter.value);
}

Result client_certificate(Translation& translation, const Given& parameter, std::string_view) {
    return put(translation, certificate_is_root(translation) ? "sslrootcert" : "sslcert", parameter.value);
}

Result ssl_accept(Translation&, const Given& parameter, std::string_view) {
    if (is_one_of(parameter.value, {"strict", "accept_invalid_certs"})) return {};
    return error(parameter.written, "whose value is not known; give strict or accept_invalid_certs");
}

Result ssl_factory(Translation&, const Given& parameter, std::string_view detail) {
    const bool known = parameter.value.ends_with(".NonValidatingFactory") || parameter.value.ends_with(".LibPQFactory");
    if (!known) return error(parameter.written, detail);
    return {};
}

// ---- The tables -----------------------------------------------------------------------------------------------------

constexpr std::array<Alias, 18> kAliases{{
    {"channelBinding", "channel_binding"},       // Java
    {"currentSchema", "search_path"},            // Java
    {"database", "dbname"},                      // asyncpg, pgx
    {"gssEncMode", "gssencmode"},                // Java
    {"kerberosServerName", "krbsrvname"},        // Java
    {"loadBalanceHosts", "load_balance_hosts"},  // Java
    {"requireAuth", "require_auth"},             // Java
    {"schema_search_path", "search_path"},       // Rails
    {"ssl-ca", "sslrootcert"},                   // sqlx
    {"ssl-cert", "sslcert"},                     // sqlx
    {"ssl-key", "sslkey"},                       // sqlx
    {"ssl-mode", "sslmode"},                     // sqlx
    {"ssl-root-cert", "sslrootcert"},            // sqlx
    {"sslMode", "sslmode"},                      // R2DBC
    {"sslNegotiation", "sslnegotiation"},        // Java
    {"sslRootCert", "sslrootcert"},              // R2DBC
    {"sslca", "sslrootcert"},                    // node-postgres
    {"username", "user"},
}};

constexpr std::string_view kProxy =
    "by which Java reaches the server through code of its own; take it out of the URL, and name host and port of the "
    "server or of its proxy";
constexpr std::string_view kJavaLogin =
    "by which Java logs in by code of its own; take it out of the URL: libpq logs in by password, certificate or the "
    "Kerberos credential cache (krbsrvname names the service)";
constexpr std::string_view kJavaTls =
    "by which Java checks the server by code of its own; take it out of the URL and write "
    "sslmode=verify-full&sslrootcert=FILE";

const std::vector<Rule>& rules() {
    static const std::vector<Rule> all{
        // TLS
        {"ssl", decided_together},
        {"sslmode", decided_together},
        {"sslaccept", ssl_accept},
        {"sslfactory", ssl_factory, kJavaTls},
        {"sslfactoryarg", refuse, kJavaTls},
        {"sslhostnameverifier", refuse,
         "by which Java checks the server's name by code of its own; take it out of the URL and write "
         "sslmode=verify-full, or verify-ca where the name is not to be checked"},
        {"sslpasswordcallback", refuse,
         "by which Java gets the password of its key by code of its own; take it out of the URL and write sslpassword"},
        {"sslAlias", refuse,
         "which picks a certificate from a Java key store; take it out of the URL and write sslcert=FILE&sslkey=FILE"},
        {"sslidentity", refuse,
         "which names a PKCS#12 file, and libpq reads PEM; convert it with openssl pkcs12 and write "
         "sslcert=FILE&sslkey=FILE, and sslrootcert=FILE for the root"},
        {"ssl_context", refuse, "which only Python can hold; take it out of the URL and write sslmode and sslrootcert"},
        {"direct_tls", refuse, "for which libpq 17 has sslnegotiation=direct; take it out of the URL"},
        {"sslinline", refuse,
         "and libpq reads certificates from files; write sslcert=FILE&sslkey=FILE&sslrootcert=FILE"},
        {"sslcert", client_certificate},
        {"sslkey", client_key},
        {"sslnegotiation", negotiate_tls, "17"},
        {"sslcertmode", pass_if_known, "16"},
        {"uselibpqcompat", already_so},
        {"gssencmode", gss_encryption},
        // Schema
        {"schema", schema},
        {"search_path", search_path},
        {"server_settings", refuse,
         "which may name a schema; take it out of the URL and set schema, or write options=-c%20NAME=VALUE"},
        {"x-migrations-table", refuse, "which names the bookkeeping table; take it out of the URL and set table"},
        {"x-migrations-table-quoted", refuse,
         "which names the bookkeeping table; take it out of the URL and set schema and table, without quotes"},
        // Host choice. Every host is asked until a primary answers, so their order changes nothing.
        {"load_balance_hosts", already_so},
        {"targetServerType", server_type},
        {"socketFactory", refuse, kProxy},
        {"socketFactoryArg", refuse, kProxy},
        {"cloudSqlInstance", refuse, kProxy},
        {"unixSocketPath", refuse, kProxy},
        {"unix_sock", refuse, "for which libpq has host=/FOLDER/OF/THE/SOCKET; write that"},
        {"host", server},
        {"hostaddr", server},
        {"port", server},
        {"dbname", server},
        {"PGHOST", refuse, kServerPath},
        {"PGPORT", refuse, kServerPath},
        {"PGDBNAME", refuse, kServerPath},
        // Login
        {"authenticationPluginClassName", refuse,
         "by which Java gets the password by code of its own; take it out of the URL and set password_file"},
        {"enableIamAuth", refuse, "by which Java gets a token; take it out of the URL and set password_file"},
        {"jaasApplicationName", refuse, kJavaLogin},
        {"jaasLogin", refuse, kJavaLogin},
        {"sspiServiceClass", refuse, kJavaLogin},
        {"useSpnego", refuse, kJavaLogin},
        {"krbspn", refuse, "for which libpq has krbsrvname; write that"},
        {"require_auth", pass_if_known, "16"},
        {"role", refuse, "by which the driver takes another role; write options=-c%20role=NAME"},
    };
    return all;
}

// Pools, caches, time limits and the like: what the application does with its connections.
constexpr std::string_view kHarmless[] = {
    // Java
    "ApplicationName", "adaptiveFetch", "adaptiveFetchMaximum", "adaptiveFetchMinimum", "allowEncodingChanges",
    "assumeMinServerVersion", "autosave", "binaryTransfer", "binaryTransferDisable", "binaryTransferEnable",
    "cancelSignalTimeout", "cleanupSavepoints", "connectTimeout", "convertBooleanToNumeric",
    "databaseMetadataCacheFields", "databaseMetadataCacheFieldsMiB", "defaultRowFetchSize", "disableColumnSanitiser",
    "escapeSyntaxCallMode", "groupStartupParameters", "gssResponseTimeout", "hideUnprivilegedObjects",
    "hostRecheckSeconds", "localSocketAddress", "logServerErrorDetail", "logUnclosedConnections", "loggerFile",
    "loggerLevel", "loginTimeout", "maxResultBuffer", "maxSendBufferSize", "preferQueryMode", "prepareThreshold",
    "preparedStatementCacheQueries", "preparedStatementCacheSizeMiB", "protocolVersion", "queryTimeout",
    "quoteReturningIdentifiers", "reWriteBatchedInserts", "readOnly", "readOnlyMode", "receiveBufferSize",
    "sendBufferSize", "socketTimeout", "sslResponseTimeout", "stringtype", "tcpKeepAlive", "tcpNoDelay",
    "unknownLength", "xmlFactoryFactory",
    // SQLAlchemy and the Python drivers
    "async_fallback", "autocommit", "command_timeout", "conn_health_checks", "conn_max_age",
    "executemany_batch_page_size", "executemany_mode", "executemany_values_page_size", "implicit_returning",
    "max_cacheable_statement_size", "max_cached_statement_lifetime", "max_overflow", "pool_pre_ping", "pool_recycle",
    "pool_size", "prepare_threshold", "prepared_statement_cache_size", "prepared_statement_name_func",
    "server_side_cursors", "statement_cache_size", "tcp_keepalive", "timeout", "use_native_hstore",
    "use_native_unicode",
    // Prisma
    "connection_limit", "max_connection_lifetime", "max_idle_connection_lifetime", "pgbouncer", "pool_timeout",
    "single_use_connections", "socket_timeout",
    // node-postgres, Supabase and Vercel
    "allowExitOnIdle", "binary", "connectionTimeoutMillis", "encoding", "idleTimeoutMillis",
    "idle_in_transaction_session_timeout", "keepAlive", "keepAliveInitialDelayMillis", "lock_timeout", "max", "min",
    "query_timeout", "statement_timeout", "supa", "workaround",
    // Go: pgx, lib/pq, golang-migrate
    "TimeZone", "binary_parameters", "default_query_exec_mode", "description_cache_capacity", "datestyle",
    "disable_prepared_binary_result", "extra_float_digits", "intervalstyle", "jit", "min_read_buffer_size",
    "pool_health_check_period", "pool_max_conn_idle_time", "pool_max_conn_lifetime", "pool_max_conn_lifetime_jitter",
    "pool_max_conns", "pool_min_conns", "pool_min_idle_conns", "statement_cache_capacity", "statement_cache_mode",
    "timezone", "x-advisory-lock-id", "x-connect-timeout", "x-lock-strategy", "x-lock-table", "x-multi-statement",
    "x-multi-statement-max-size", "x-statement-timeout",
    // Rails, sqlx
    "advisory_locks", "checkout_timeout", "idle_timeout", "max_connections", "min_messages", "pool",
    "prepared_statements", "reaping_frequency", "statement-cache-capacity"};

constexpr Rule kDrop{"", drop};
constexpr Rule kPass{"", pass};

// Null for a name that nobody knows.
const Rule* find_rule(std::string_view name) {
    const auto row = std::find_if(rules().begin(), rules().end(), [&](const auto& rule) { return rule.name == name; });
    if (row != rules().end()) return &*row;
    if (find_keyword(name) != nullptr) return &kPass;
    return std::find(std::begin(kHarmless), std::end(kHarmless), name) == std::end(kHarmless) ? nullptr : &kDrop;
}

Texts known_names() {
    Texts names{std::begin(kHarmless), std::end(kHarmless)};
    for (const auto& rule : rules()) names.push_back(rule.name);
    for (const auto& alias : kAliases) names.push_back(alias.name);
    for (const auto& keyword : keywords()) names.push_back(keyword.name);
    return names;
}

// ---- All parameters together ----------------------------------------------------------------------------------------

tl::unexpected<std::string> unknown(const std::string& name, const UrlParts& url) {
    constexpr std::size_t kLongest = 40;
    const auto in_names = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
    const bool is_name = name.size() <= kLongest && std::all_of(name.begin(), name.end(), in_names);
    if (!url.surely_cut || !is_name) {
        return tl::make_unexpected(
            std::string{"has a parameter that is not known; take it out of the URL, or percent-encode what is special "
                        "in user and password (@ as %40, : as %3A, / as %2F, ? as %3F, & as %26, % as %25)"});
    }
    const auto meant = model::suggestion(name, known_names());
    return error(name, "which is not known" + (meant.empty() ? "; take it out of the URL" : meant));
}

std::string keyword_of(const std::string& name) {
    const auto* alias =
        std::find_if(kAliases.begin(), kAliases.end(), [&](const auto& one) { return one.name == name; });
    return alias == kAliases.end() ? name : std::string{alias->keyword};
}

// SQLAlchemy writes several servers as "?host=h1:5432&host=h2".
void append_host(UrlParameter& hosts, UrlParameter& ports, const std::string& host) {
    const auto colon = host.find(':');
    const bool has_port = colon != std::string::npos && colon == host.rfind(':') && !host.starts_with('/');
    const std::string comma = hosts.value.empty() ? "" : ",";
    hosts.value += comma + host.substr(0, has_port ? colon : host.size());
    ports.value += comma + (has_port ? host.substr(colon + 1) : "");
}

std::vector<UrlParameter> with_hosts_joined(std::vector<UrlParameter> parameters) {
    UrlParameter hosts{"host", ""};
    UrlParameter ports{"port", ""};
    std::vector<UrlParameter> joined;
    for (auto& parameter : parameters) {
        if (parameter.name == "host") {
            append_host(hosts, ports, parameter.value);
        } else {
            joined.push_back(std::move(parameter));
        }
    }
    if (!hosts.value.empty()) joined.push_back(std::move(hosts));
    if (ports.value.find_first_not_of(',') != std::string::npos) joined.push_back(std::move(ports));
    return joined;
}

std::vector<Given> by_libpqs_names(const UrlParts& url) {
    const bool joins = url.dialect == Dialect::sqlalchemy;
    std::vector<Given> named;
    for (auto& [name, value] : joins ? with_hosts_joined(url.parameters) : url.parameters)
        named.push_back({keyword_of(name), value, name});
    return named;
}

// Drivers differ in which of two they take. What is dropped may say what it likes.
Result check_for_contradictions(const Translation& translation) {
    for (const auto& parameter : translation.given) {
        if (*given(translation, parameter.name) == parameter.value || find_rule(parameter.name) == &kDrop) continue;
        return error(parameter.written, "and that twice, with different values; leave one of them out");
    }
    return {};
}

Parameters in_front_of_query(const UrlParts& url) {
    Parameters found;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options{PQconninfoParse(url.base.c_str(), nullptr)};
    for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
        const std::string_view value = option->val == nullptr ? "" : option->val;
        // The ports of two hosts without one are ",".
        if (value.find_first_not_of(',') != std::string_view::npos) found.emplace(option->keyword, value);
    }
    return found;
}

Result check_against_front(const Translation& translation, const UrlParts& url) {
    const auto front = in_front_of_query(url);
    for (const auto& parameter : translation.given) {
        const auto other = front.find(parameter.name);
        if (other == front.end() || other->second == parameter.value) continue;
        return error(parameter.written, "and another value of it in front of the \"?\"; leave one of them out");
    }
    return {};
}

Result verify_server(Translation& translation, std::string_view because) {
    const bool has_roots = given(translation, "sslrootcert") != nullptr || find_keyword("sslrootcert")->has_default ||
                           (given(translation, "sslcert") != nullptr && certificate_is_root(translation));
    if (!has_roots) {
        return error(because,
                     "which asks for a server whose certificate is checked, and libpq needs a file of roots for that; "
                     "write sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt");
    }
    return put(translation, "sslmode", "verify-full");
}

Result from_javas_ssl(Translation& translation, const std::string& ssl) {
    // Without a file of roots both Java's driver and libpq look for ~/.postgresql/root.crt.
    if (ssl.empty() || ssl == "true") return put(translation, "sslmode", "verify-full");
    if (ssl == "false") return put(translation, "sslmode", "prefer");
    return error("ssl", "whose value Java's driver does not know; write sslmode=verify-full, or sslmode=prefer");
}

Result from_ssl(Translation& translation, const std::string& value) {
    const auto ssl = lower(value);
    if (translation.dialect == Dialect::jdbc) return from_javas_ssl(translation, ssl);
    if (is_one_of(ssl, {"", "true", "1", "yes", "on"})) return verify_server(translation, "ssl");
    if (is_one_of(ssl, {"false", "0", "no", "off"})) return put(translation, "sslmode", "disable");
    if (ssl == "no-verify") return put(translation, "sslmode", "require");
    if (is_one_of(ssl, {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}))
        return put(translation, "sslmode", ssl);
    return error("ssl", "whose value is not known; write sslmode, for example sslmode=require");
}

// An explicit sslmode wins over "ssl", as in Java's driver; Prisma's strict is a check beside its sslmode.
Result decide_sslmode(Translation& translation) {
    const auto* accept = given(translation, "sslaccept");
    const auto* mode = given(translation, "sslmode");
    const auto* factory = given(translation, "sslfactory");
    const auto* ssl = given(translation, "ssl");
    const bool is_strict = accept != nullptr && *accept == "strict";
    if (is_strict && (mode == nullptr || *mode != "disable")) return verify_server(translation, "sslaccept");
    if (mode != nullptr && *mode == "no-verify") return put(translation, "sslmode", "require");
    if (mode != nullptr)
        return put(translation, "sslmode", translation.dialect == Dialect::jdbc ? lower(*mode) : *mode);
    if (factory != nullptr && factory->ends_with(".NonValidatingFactory"))
        return put(translation, "sslmode", "require");
    return ssl == nullptr ? Result{} : from_ssl(translation, *ssl);
}

}  // namespace

tl::expected<TranslatedParameters, std::string> translate_parameters(const UrlParts& url) {
    if (auto checked = check_environment(); !checked) return tl::make_unexpected(checked.error());
    Translation translation{url.dialect, by_libpqs_names(url), {}};
    for (const auto& parameter : translation.given) {
        const auto* rule = find_rule(parameter.name);
        if (rule == nullptr) return unknown(parameter.written, url);
        if (auto done = rule->apply(translation, parameter, rule->detail); !done)
            return tl::make_unexpected(done.error());
    }
    if (auto checked = check_for_contradictions(translation); !checked) return tl::make_unexpected(checked.error());
    if (auto checked = check_against_front(translation, url); !checked) return tl::make_unexpected(checked.error());
    if (auto decided = decide_sslmode(translation); !decided) return tl::make_unexpected(decided.error());
    // Or PGHOSTADDR would lead elsewhere than to the host that is named.
    if (url.dialect == Dialect::jdbc) translation.result.parameters.push_back({"hostaddr", ""});
    return std::move(translation.result);
}

}  // namespace schemalatch::postgres
