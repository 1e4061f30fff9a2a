#include "sidecar/config/environment.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sidecar/config/keys.h"
#include "tests/support/catch.h"

namespace schemalatch::config {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

// What reading an environment leads to, for a file that describes dependencies of these names.
struct Outcome {
    Config config;
    Problems problems;
    Lines warnings;

    const DependencySettings& dependency(std::size_t i = 0) const { return config.dependencies.at(i); }
};

Outcome read(const Lines& environment, const Lines& names = {"database"}) {
    Outcome outcome;
    for (const auto& name : names) outcome.config.dependencies.emplace_back().name = name;
    read_environment(environment, outcome.config, outcome.problems, outcome.warnings);
    return outcome;
}

// Neither a setting, nor a problem, nor a warning came of it.
bool passed_over(const std::string& variable) {
    const auto outcome = read({variable});
    const DependencySettings fresh;
    return outcome.problems.empty() && outcome.warnings.empty() && outcome.dependency().url == fresh.url &&
           outcome.dependency().tool == fresh.tool && outcome.config.http.listen == HttpSettings{}.listen;
}

TEST_CASE("every key can be set by its variable, the top level's too", "[config]") {
    const auto outcome =
        read({"SCHEMALATCH_URL=postgresql://h/db", "SCHEMALATCH_TOOL=alembic", "SCHEMALATCH_REQUIRE=@/r.json",
              "SCHEMALATCH_INTERVAL_READY=2m", "SCHEMALATCH_HOLD=1h", "SCHEMALATCH_ENFORCE=false",
              "SCHEMALATCH_NAME=orders", "SCHEMALATCH_LISTEN=127.0.0.1:1", "SCHEMALATCH_DETAIL=false"});
    CHECK(outcome.problems.empty());
    CHECK(outcome.warnings.empty());
    CHECK(outcome.dependency().url == "postgresql://h/db");
    CHECK(outcome.dependency().tool == "alembic");
    CHECK(outcome.dependency().require == "@/r.json");
    CHECK(outcome.dependency().pace.interval_ready == 2min);
    CHECK(outcome.dependency().gate.hold == 1h);
    CHECK_FALSE(outcome.dependency().enforce);
    CHECK(outcome.dependency().name == "orders");
    CHECK(outcome.config.http.listen == "127.0.0.1:1");
    CHECK_FALSE(outcome.config.http.detail);
}

TEST_CASE("a value may hold anything, equals signs and line ends too", "[config]") {
    CHECK(read({"SCHEMALATCH_URL=host=db password=a=b\n"}).dependency().url == "host=db password=a=b\n");
}

TEST_CASE("an empty variable counts as not set", "[config]") {
    const auto outcome = read({"SCHEMALATCH_URL=", "SCHEMALATCH_INTERVAL=", "SCHEMALATCH_BOGUS="});
    CHECK(outcome.problems.empty());
    CHECK(outcome.warnings.empty());
    CHECK(outcome.dependency().pace.interval == 1s);
}

TEST_CASE("of very many unknown variables the first are named, and the others counted", "[config]") {
    Lines environment;
    for (int i = 0; i < 1000; ++i) environment.push_back("SCHEMALATCH_X" + std::to_string(i) + "=1");
    environment.push_back("SCHEMALATCH_" + std::string(100'000, 'Y') + "=1");
    const auto warnings = read(environment).warnings;
    CHECK(warnings.size() == 21);
    CHECK(warnings.back() == "981 more unknown SCHEMALATCH_* variables are ignored");
}

TEST_CASE("variables that are not ours are not looked at", "[config]") {
    for (const auto* variable : {"PATH=/bin", "URL=x", "schemalatch_url=x", "SCHEMALATCH=x", "XSCHEMALATCH_URL=x",
                                 "SCHEMALATCH_URL", "PGPASSWORD=x", "", "="}) {
        CAPTURE(variable);
        CHECK(passed_over(variable));
    }
}

TEST_CASE("the configuration file's own variable is no unknown one", "[config]") {
    CHECK(passed_over("SCHEMALATCH_CONFIG=/etc/gate.toml"));
}

TEST_CASE("a bad value is a problem that names the variable", "[config]") {
    const auto outcome =
        read({"SCHEMALATCH_INTERVAL=soon", "SCHEMALATCH_DETAIL=maybe", "SCHEMALATCH_ORDERS__ENFORCE=no"}, {"orders"});
    CHECK(outcome.problems ==
          Lines{
              R"(SCHEMALATCH_INTERVAL: "soon" is not a duration; write one such as 250ms, 10s or 1h30m)",
              R"(SCHEMALATCH_DETAIL: "maybe" is not true or false)",
              R"(SCHEMALATCH_ORDERS__ENFORCE: "no" is not true or false)",
          });
    CHECK(outcome.warnings.empty());
}

TEST_CASE("a URL stands in one variable", "[config]") {
    const Lines expected{"SCHEMALATCH_URL_FILE: stands beside SCHEMALATCH_URL; leave one of them out"};
    CHECK(read({"SCHEMALATCH_URL=x", "SCHEMALATCH_URL_FILE=y"}).problems == expected);
    CHECK(read({"SCHEMALATCH_URL_FILE=y", "SCHEMALATCH_URL=x"}).problems == expected);
    CHECK(read({"SCHEMALATCH_A__URL_FILE=y", "SCHEMALATCH_A__URL=x"}, {"a", "b"}).problems ==
          Lines{"SCHEMALATCH_A__URL_FILE: stands beside SCHEMALATCH_A__URL; leave one of them out"});
    CHECK(read({"SCHEMALATCH_URL=", "SCHEMALATCH_URL_FILE=y"}).dependency().url_file == "y");
    CHECK(read({"SCHEMALATCH_URL=x", "SCHEMALATCH_URL_FILE="}).dependency().url == "x");
    CHECK(read({"SCHEMALATCH_B__URL=x", "SCHEMALATCH_A__URL_FILE=y"}, {"a", "b"}).problems.empty());
}

// ---- Several dependencies -----------------------------------------------------------------------------------------

TEST_CASE("a variable with a dependency's name sets that one's key, and no other's", "[config]") {
    const auto outcome = read({"SCHEMALATCH_ORDERS__URL=postgresql://orders", "SCHEMALATCH_BILLING__TOOL=alembic"},
                              {"orders", "billing"});
    CHECK(outcome.problems.empty());
    CHECK(outcome.warnings.empty());
    CHECK(outcome.dependency(0).url == "postgresql://orders");
    CHECK(outcome.dependency(0).tool.empty());
    CHECK(outcome.dependency(1).url.empty());
    CHECK(outcome.dependency(1).tool == "alembic");
}

TEST_CASE("what a variable's name cannot hold is an underscore there", "[config]") {
    struct Row {
        const char* name;
        const char* variable;
    };
    const std::vector<Row> rows{
        {"orders-db", "SCHEMALATCH_ORDERS_DB__URL=x"},
        {"orders.eu", "SCHEMALATCH_ORDERS_EU__URL=x"},
        {"Orders", "SCHEMALATCH_ORDERS__URL=x"},
        {"o2", "SCHEMALATCH_O2__URL=x"},
        {"a__b", "SCHEMALATCH_A__B__URL=x"},
        {"a_", "SCHEMALATCH_A___URL=x"},
        {"_a", "SCHEMALATCH__A__URL=x"},
        {"-", "SCHEMALATCH____URL=x"},
    };
    for (const auto& [name, variable] : rows) {
        CAPTURE(name, variable);
        const auto outcome = read({variable}, {name, "other"});
        CHECK(outcome.warnings.empty());
        CHECK(outcome.problems.empty());
        CHECK(outcome.dependency(0).url == "x");
        CHECK(outcome.dependency(1).url.empty());
    }
}

TEST_CASE("a name that begins another's does not take its variables", "[config]") {
    const auto outcome = read({"SCHEMALATCH_A__B__URL=ab", "SCHEMALATCH_A__URL=a"}, {"a", "a--b"});
    CHECK(outcome.warnings.empty());
    CHECK(outcome.dependency(0).url == "a");
    CHECK(outcome.dependency(1).url == "ab");
}

TEST_CASE("a dependency's name works also where only one is configured", "[config]") {
    CHECK(read({"SCHEMALATCH_ORDERS__URL=x"}, {"orders"}).dependency().url == "x");
    CHECK(read({"SCHEMALATCH_DATABASE__URL=x"}).dependency().url == "x");
}

TEST_CASE("a variable for one dependency is a problem where several are configured, whatever its value", "[config]") {
    const auto outcome = read({"SCHEMALATCH_URL=x", "SCHEMALATCH_LISTEN=127.0.0.1:1"}, {"orders", "billing"});
    CHECK(outcome.problems ==
          Lines{"SCHEMALATCH_URL: fits one dependency, but several are configured; write SCHEMALATCH_<NAME>__URL"});
    CHECK(outcome.config.http.listen == "127.0.0.1:1");
    CHECK(outcome.dependency(0).url.empty());
    CHECK(outcome.dependency(1).url.empty());
}

TEST_CASE("a variable that fits two dependencies is a problem", "[config]") {
    const auto outcome = read({"SCHEMALATCH_ORDERS_DB__URL=x"}, {"orders-db", "orders.db", "billing"});
    CHECK(
        outcome.problems ==
        Lines{
            "SCHEMALATCH_ORDERS_DB__URL: fits several dependencies; give them names that differ in letters or digits"});
}

TEST_CASE("dependencies are named as the file names them, in whatever order the variables stand", "[config]") {
    const Lines forth{"SCHEMALATCH_NAME=billing", "SCHEMALATCH_ORDERS__URL=x"};
    const Lines back{forth.rbegin(), forth.rend()};
    for (const auto& environment : {forth, back}) {
        const auto outcome = read(environment, {"orders"});
        CHECK(outcome.warnings.empty());
        CHECK(outcome.dependency().name == "billing");
        CHECK(outcome.dependency().url == "x");
    }
}

// ---- Unknown ones -------------------------------------------------------------------------------------------------

TEST_CASE("an unknown variable is one warning, with the nearest known one, and never tells its value", "[config]") {
    struct Row {
        const char* variable;
        const char* expected;
    };
    const std::vector<Row> rows{
        {"SCHEMALATCH_INTERVALL=s3cret",
         R"(unknown environment variable SCHEMALATCH_INTERVALL is ignored; did you mean "SCHEMALATCH_INTERVAL"?)"},
        {"SCHEMALATCH_PASSWORD=s3cret", "unknown environment variable SCHEMALATCH_PASSWORD is ignored"},
        {"SCHEMALATCH_DATABASE__PASSWORD=s3cret",
         "unknown environment variable SCHEMALATCH_DATABASE__PASSWORD is ignored"},
        {"SCHEMALATCH_OTHER__URL=s3cret", "unknown environment variable SCHEMALATCH_OTHER__URL is ignored"},
        {"SCHEMALATCH_DATABASE__LISTEN=s3cret", "unknown environment variable SCHEMALATCH_DATABASE__LISTEN is ignored"},
        {"SCHEMALATCH_url=s3cret", "unknown environment variable SCHEMALATCH_url is ignored"},
        {"SCHEMALATCH_A\nB=s3cret", "unknown environment variable SCHEMALATCH_A\\x0aB is ignored"},
    };
    for (const auto& [variable, expected] : rows) {
        CAPTURE(variable);
        const auto outcome = read({variable});
        CHECK(outcome.problems.empty());
        REQUIRE(outcome.warnings.size() == 1);
        CHECK(outcome.warnings[0].starts_with(expected));
        CHECK(outcome.warnings[0].find("s3cret") == std::string::npos);
    }
}

TEST_CASE("what Kubernetes sets for a Service called schemalatch is passed over", "[config]") {
    for (const std::string name :
         {"SCHEMALATCH_SERVICE_HOST", "SCHEMALATCH_SERVICE_PORT", "SCHEMALATCH_SERVICE_PORT_HTTP",
          "SCHEMALATCH_SERVICE_PORT_HTTP_METRICS", "SCHEMALATCH_PORT", "SCHEMALATCH_PORT_7355_TCP",
          "SCHEMALATCH_PORT_7355_TCP_PROTO", "SCHEMALATCH_PORT_7355_TCP_PORT", "SCHEMALATCH_PORT_7355_TCP_ADDR",
          "SCHEMALATCH_PORT_53_UDP", "SCHEMALATCH_PORT_53_UDP_ADDR", "SCHEMALATCH_PORT_9_SCTP",
          "SCHEMALATCH_PORT_9_SCTP_PROTO", "SCHEMALATCH_ORDERS_SERVICE_HOST", "SCHEMALATCH_ORDERS_SERVICE_PORT",
          "SCHEMALATCH_ORDERS_SERVICE_PORT_METRICS", "SCHEMALATCH_ORDERS_PORT",
          "SCHEMALATCH_ORDERS_PORT_80_TCP_ADDR"}) {
        CAPTURE(name);
        CHECK(passed_over(name + "=tcp://10.0.0.1:7355"));
    }
}

TEST_CASE("what only resembles a service link is an unknown variable", "[config]") {
    for (const std::string name :
         {"SCHEMALATCH_SERVICE", "SCHEMALATCH_SERVICE_HOSTS", "SCHEMALATCH_PORTS", "SCHEMALATCH_PORT_X_TCP",
          "SCHEMALATCH_PORT_80", "SCHEMALATCH_PORT_80_HTTP", "SCHEMALATCH_PORT_80_TCP_HOST", "SCHEMALATCH_SUPPORT"}) {
        CAPTURE(name);
        CHECK(read({name + "=x"}).warnings.size() == 1);
    }
}

TEST_CASE("no key has a service link's name", "[config]") {
    for (const auto& key : dependency_keys()) {
        CAPTURE(key.name);
        CHECK_FALSE(read({environment_name(key.name) + "=x"}, {"orders", "billing"}).problems.empty());  // it was read
        CHECK(read({"SCHEMALATCH_BILLING__" + environment_name(key.name).substr(12) + "=x"}, {"orders", "billing"})
                  .warnings.empty());
    }
    CHECK(read({"SCHEMALATCH_LISTEN=x"}).config.http.listen == "x");
    CHECK(read({"SCHEMALATCH_DETAIL=x"}).problems.size() == 1);
}

TEST_CASE("a variable's name may be very long", "[config]") {
    const auto outcome = read({"SCHEMALATCH_" + std::string(120'000, 'A') + "=x"});
    REQUIRE(outcome.warnings.size() == 1);
    CHECK(outcome.warnings[0].size() < 1000);
}

}  // namespace
}  // namespace schemalatch::config
