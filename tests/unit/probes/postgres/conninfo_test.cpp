#include "probes/postgres/conninfo.h"

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::postgres {
namespace {

// libpq's variables are what a test says, and what they were once it is over.
class LibpqEnvironment {
public:
    explicit LibpqEnvironment(const std::map<std::string, std::string>& variables = {}) {
        for (const auto* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGSSLMODE",
                                 "PGTARGETSESSIONATTRS", "PGGSSENCMODE"}) {
            if (const char* value = std::getenv(name)) before_[name] = value;
            unsetenv(name);
            names_.emplace_back(name);
        }
        for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    }
    ~LibpqEnvironment() {
        for (const auto& name : names_) unsetenv(name.c_str());
        for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
    }
    LibpqEnvironment(const LibpqEnvironment&) = delete;
    LibpqEnvironment& operator=(const LibpqEnvironment&) = delete;

private:
    std::vector<std::string> names_;
    std::map<std::string, std::string> before_;
};

ConnInfo parsed(const std::string& url) {
    auto info = parse_conninfo(url);
    REQUIRE(info);
    return *info;
}

std::string error_of(const std::string& url) {
    const auto info = parse_conninfo(url);
    return info ? "" : info.error();
}

// "host|hostaddr|port" of each.
std::vector<std::string> servers_of(const std::string& url) {
    std::vector<std::string> servers;
    for (const auto& server : parsed(url).servers)
        servers.push_back(server.host + "|" + server.hostaddr + "|" + server.port);
    return servers;
}

using Lines = std::vector<std::string>;

// ---- Servers ------------------------------------------------------------------------------------------------------

TEST_CASE("a connection string names its servers in order, each with its own port", "[postgres]") {
    const LibpqEnvironment none;
    struct Row {
        const char* url;
        Lines expected;
    };
    const std::vector<Row> rows{
        {"postgresql://db/orders", {"db||5432"}},
        {"postgres://db:6432/orders", {"db||6432"}},
        {"postgresql://u:p@db:6432/orders?sslmode=require", {"db||6432"}},
        {"postgresql://a:1,b:2,[::1]:3/orders", {"a||1", "b||2", "::1||3"}},
        {"postgresql://a,b:2/orders", {"a||", "b||2"}},
        {"host=a,b port=5", {"a||5", "b||5"}},
        {"host=a,b port=5,6", {"a||5", "b||6"}},
        {"host=a,b hostaddr=10.0.0.1,10.0.0.2", {"a|10.0.0.1|5432", "b|10.0.0.2|5432"}},
        {"hostaddr=10.0.0.1,10.0.0.2 port=5", {"|10.0.0.1|5", "|10.0.0.2|5"}},
        {"host=a hostaddr=10.0.0.1", {"a|10.0.0.1|5432"}},
        {"host=a,a", {"a||5432", "a||5432"}},
        {"host=/run/postgresql", {"/run/postgresql||5432"}},
        {"host=@abstract", {"@abstract||5432"}},
        {"postgresql://%2Frun%2Fpostgresql:6432/orders", {"/run/postgresql||6432"}},
        {"postgresql:///orders?host=/run/postgresql&port=6432", {"/run/postgresql||6432"}},
        {"postgresql:///orders", {"||5432"}},
        {"postgresql://", {"||5432"}},
        {"dbname=orders", {"||5432"}},
    };
    for (const auto& [url, expected] : rows) {
        CAPTURE(url);
        CHECK(servers_of(url) == expected);
    }
}

TEST_CASE("a server is told to people by name and port", "[postgres]") {
    struct Row {
        Server server;
        const char* expected;
    };
    const std::vector<Row> rows{
        {{"db", "", ""}, "db:5432"},
        {{"db", "10.0.0.1", "6432"}, "db:6432"},
        {{"", "10.0.0.1", ""}, "10.0.0.1:5432"},
        {{"/run/postgresql", "", ""}, "/run/postgresql:5432"},
        {{"", "", ""}, "the default host:5432"},
    };
    for (const auto& [server, expected] : rows) CHECK(server.text() == expected);
}

TEST_CASE("libpq's default port counts where nobody names one", "[postgres]") {
    const LibpqEnvironment none;
    for (const auto& server : parsed("host=a,b").servers) CHECK(server.port == "5432");
}

TEST_CASE("libpq's own variables count where the string says nothing", "[postgres]") {
    const LibpqEnvironment set{{{"PGHOST", "env"}, {"PGPORT", "7000"}}};
    CHECK(servers_of("postgresql:///orders") == Lines{"env||7000"});
    CHECK(servers_of("postgresql://db/orders") == Lines{"db||7000"});
    CHECK(servers_of("postgresql://db:1/orders") == Lines{"db||1"});
    CHECK(servers_of("host=a,b") == Lines{"a||7000", "b||7000"});
}

TEST_CASE("lists of hosts, addresses and ports that do not fit each other are refused", "[postgres]") {
    const LibpqEnvironment none;
    for (const auto* url : {"host=a,b hostaddr=10.0.0.1", "host=a hostaddr=10.0.0.1,10.0.0.2"}) {
        CHECK(error_of(url) ==
              "names a different number of hosts and of host addresses; give each host its own in hostaddr, or leave "
              "hostaddr out");
    }
    for (const auto* url : {"host=a,b,c port=1,2", "host=a port=1,2"}) {
        CHECK(error_of(url) ==
              "names a different number of hosts and of ports; give one port for all, or each host its own");
    }
}

// ---- Parameters ---------------------------------------------------------------------------------------------------

TEST_CASE("what names servers is taken out of the parameters, all else is kept", "[postgres]") {
    const LibpqEnvironment none;
    CHECK(parsed("postgresql://u:p%40ss@a,b:2/orders?sslmode=verify-full&application_name=x&connect_timeout=3")
              .parameters == Parameters{{"user", "u"},
                                        {"password", "p@ss"},
                                        {"dbname", "orders"},
                                        {"sslmode", "verify-full"},
                                        {"application_name", "x"},
                                        {"connect_timeout", "3"}});
    CHECK(parsed("host=db hostaddr=10.0.0.1 port=5 user=u").parameters == Parameters{{"user", "u"}});
}

TEST_CASE("which server is the primary is for us to find, so target_session_attrs is taken out", "[postgres]") {
    const LibpqEnvironment none;
    for (const auto* attrs : {"read-write", "primary", "any"}) {
        CHECK(parsed("host=a,b target_session_attrs=" + std::string{attrs}).parameters.empty());
    }
}

TEST_CASE("a URL that wants a standby is refused", "[postgres]") {
    const LibpqEnvironment none;
    for (const auto* attrs : {"standby", "prefer-standby", "read-only"}) {
        CHECK(error_of("host=a,b target_session_attrs=" + std::string{attrs}) ==
              "asks for a standby by target_session_attrs, but only a primary knows the schema for sure; leave it out");
    }
}

TEST_CASE("a service is refused, for its hosts would be looked up without a deadline", "[postgres]") {
    const LibpqEnvironment none;
    CHECK(error_of("service=orders") ==
          "names a service, whose hosts libpq would look up without a deadline; write host and database into the URL");
}

TEST_CASE("a value that libpq would refuse only later is refused with those that it takes", "[postgres]") {
    const LibpqEnvironment none;
    const std::vector<std::pair<std::string, std::string>> rows{
        {"sslmode=requre",
         "has a value of sslmode that libpq does not know; give disable, allow, prefer, require, "
         "verify-ca or verify-full"},
        {"channel_binding=on",
         "has a value of channel_binding that libpq does not know; give disable, prefer or "
         "require"},
        {"gssencmode=allow", "has a value of gssencmode that libpq does not know; give disable, prefer or require"},
        {"target_session_attrs=master",
         "has a value of target_session_attrs that libpq does not know; give any, "
         "read-write, read-only, primary, standby or prefer-standby"},
        {"ssl_min_protocol_version=1.2",
         "has a value of ssl_min_protocol_version that libpq does not know; give "
         "TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3"},
        {"sslsni=yes", "has a value of sslsni that libpq does not know; give 0 or 1"},
        {"keepalives_idle=5s", "has a value of keepalives_idle that libpq does not know; give a whole number"},
    };
    for (const auto& [parameter, expected] : rows) {
        CHECK(error_of("host=h " + parameter) == expected);
        CHECK(error_of("postgresql://h/db?" + parameter) == expected);
    }
    CHECK(error_of("host=h sslmode=verify-full ssl_min_protocol_version=tlsv1.2 sslsni=0 keepalives_idle=5").empty());
}

TEST_CASE("a variable of libpq with a value that libpq does not take is named", "[postgres]") {
    const LibpqEnvironment set{{{"PGSSLMODE", "requre"}}};
    CHECK(error_of("host=h") ==
          "leaves sslmode to PGSSLMODE, whose value libpq does not know; set it to disable, allow, prefer, require, "
          "verify-ca or verify-full");
    CHECK(error_of("host=h sslmode=require").empty());
}

TEST_CASE("an empty hostaddr stands against the environment's", "[postgres]") {
    const LibpqEnvironment set{{{"PGHOSTADDR", "192.0.2.1"}}};
    CHECK(servers_of("postgresql://db/orders") == Lines{"db|192.0.2.1|5432"});
    CHECK(servers_of("postgresql://db/orders?hostaddr=") == Lines{"db||5432"});
    CHECK(servers_of("host=db hostaddr=''") == Lines{"db||5432"});
}

TEST_CASE("a request for Kerberos from the environment is refused by its name", "[postgres]") {
    const LibpqEnvironment set{{{"PGGSSENCMODE", "require"}}};
    CHECK(error_of("postgresql://db/orders").starts_with("leaves gssencmode to PGGSSENCMODE"));
    CHECK(error_of("postgresql://db/orders?gssencmode=disable").empty());
}

TEST_CASE("variables of libpq that name no server are left to libpq", "[postgres]") {
    const LibpqEnvironment set{{{"PGUSER", "env"}, {"PGDATABASE", "env"}}};
    CHECK(parsed("postgresql://db").parameters.empty());
}

// ---- Errors -------------------------------------------------------------------------------------------------------

TEST_CASE("a string that libpq cannot read is refused with advice, and is not repeated", "[postgres]") {
    const LibpqEnvironment none;
    for (const std::string url :
         {"postgresql://u:ZQX%zz@db/orders", "postgresql://u:ZQX%4@db/orders", "postgresql://u:ZQX%00@db/orders",
          "postgresql://[ZQX/orders", "postgresql://[]/orders", "postgresql://db/orders?ZQX",
          "postgresql://db/orders?a=ZQX=b", "host=db password='ZQX", "host=db ZQX", "host=db password=ZQX ZQX", "db"}) {
        CAPTURE(url);
        CHECK(error_of(url) == kNotUnderstood);
    }
}

// Passwords with what should be percent-encoded. Their letters are found nowhere else.
const Lines kPasswords{"ZQX",        "ZQX:ZQX",    "ZQX?ZQX", "ZQX#ZQX", "ZQX%ZQX",  "ZQX%4",    "ZQX%zz",
                       "ZQX ZQX",    "ZQX&ZQX",    "ZQX=ZQX", "ZQX'ZQX", "ZQX\"ZQX", "ZQX\\ZQX", "ZQX\nZQX",
                       "ZQX\x1BZQX", "ZQX\xFFZQX", "[ZQX]",   "ZQX,ZQX", "$ZQX",     "ZQX%00"};

TEST_CASE("neither an error nor a server's name repeats a password that stands where it belongs", "[postgres]") {
    const LibpqEnvironment none;
    for (const std::string shape : {"postgresql://u:{}@h/db", "postgresql://u:{}@h:1,i:2/db?sslmode=require",
                                    "postgresql://h/db?user=u&password={}", "host=h user=u password='{}'"}) {
        for (const auto& password : kPasswords) {
            CAPTURE(shape, password);
            auto url = shape;
            const auto info = parse_conninfo(url.replace(url.find("{}"), 2, password));
            if (!info) CHECK(info.error().find("ZQX") == std::string::npos);
            if (!info) continue;
            for (const auto& server : info->servers) CHECK(server.text().find("ZQX") == std::string::npos);
        }
    }
}

// Known to fail, each for a reason of its own; the tag goes when the code is right.

TEST_CASE("a piece of a password is not taken for a parameter's name", "[postgres]") {
    const LibpqEnvironment none;
    for (const std::string url : {"host=db password=my ZQX=x", "postgresql://u:ab/c?ZQX=foo@h/db",
                                  "postgresql://u:ab@c?ZQX=foo@h/db", "postgresql://h/db?password=a&ZQX=b"}) {
        CAPTURE(url);
        CHECK(error_of(url).find("ZQX") == std::string::npos);
    }
}

TEST_CASE("a parameter's name is shown in one printable line", "[postgres]") {
    const LibpqEnvironment none;
    CHECK(error_of("postgresql://h/db?a%0A%1B[31mb=1").find_first_of("\n\x1B") == std::string::npos);
}

TEST_CASE("a port that is no port is refused, and not repeated: it may be a password", "[postgres]") {
    const LibpqEnvironment none;
    for (const std::string url :
         {"postgresql://u:ZQX/db", "host=h port=ZQX", "postgresql://h:99999/db", "postgresql://h:0/db"}) {
        CAPTURE(url);
        CHECK_FALSE(error_of(url).empty());
        CHECK(error_of(url).find("ZQX") == std::string::npos);
    }
}

}  // namespace
}  // namespace schemalatch::postgres
