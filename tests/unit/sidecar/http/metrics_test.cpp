#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sidecar/http/render.h"
#include "sidecar/version.h"
#include "tests/support/catch.h"
#include "tests/support/statuses.h"

namespace schemalatch::http {
namespace {

using support::behind;
using support::held;
using support::not_enforced;
using support::pending;
using support::ready;
using support::status_of;
using Labels = std::map<std::string, std::string>;

// ---- A reader of the Prometheus text format 0.0.4, as strict as the format ----------------------------------------

struct Sample {
    std::string name;
    Labels labels;
    double value;
};

struct Family {
    std::string name;
    std::string help;
    std::string type;
    std::vector<Sample> samples;
};

bool is_name(std::string_view text) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    return !text.empty() && text[0] >= 'a' && text[0] <= 'z' && std::all_of(text.begin(), text.end(), allowed);
}

std::string take_until(std::string_view& text, char end) {
    const auto at = text.find(end);
    REQUIRE(at != std::string_view::npos);
    std::string taken{text.substr(0, at)};
    text.remove_prefix(at + 1);
    return taken;
}

std::string take_quoted(std::string_view& text) {
    REQUIRE(text.starts_with('"'));
    text.remove_prefix(1);
    std::string value;
    while (!text.starts_with('"')) {
        REQUIRE_FALSE(text.empty());
        if (text.starts_with('\\')) {
            text.remove_prefix(1);
            REQUIRE(text.find_first_of("\\\"n") == 0);
            value += text[0] == 'n' ? '\n' : text[0];
        } else {
            value += text[0];
        }
        text.remove_prefix(1);
    }
    text.remove_prefix(1);
    return value;
}

Sample sample_of(std::string_view line) {
    Sample sample;
    const bool labelled = line.find('{') < line.find(' ');
    sample.name = take_until(line, labelled ? '{' : ' ');
    while (labelled && !line.starts_with('}')) {
        const auto label = take_until(line, '=');
        REQUIRE(is_name(label));
        REQUIRE(sample.labels.emplace(label, take_quoted(line)).second);
        if (line.starts_with(',')) line.remove_prefix(1);
    }
    if (labelled) REQUIRE(take_until(line, ' ') == "}");
    std::size_t end = 0;
    const std::string value{line};
    sample.value = std::stod(value, &end);
    REQUIRE(end == value.size());  // no timestamp behind it
    return sample;
}

// What a histogram's samples are called beside its name.
bool belongs_to(const std::string& sample, const Family& family) {
    if (family.type != "histogram") return sample == family.name;
    return sample == family.name + "_bucket" || sample == family.name + "_sum" || sample == family.name + "_count";
}

// Fails the test where the text breaks a rule of the format.
std::vector<Family> families_of(const std::string& text) {
    REQUIRE(text.ends_with('\n'));
    std::vector<Family> families;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        std::string_view rest = line;
        if (line.starts_with("# HELP ")) {
            rest.remove_prefix(7);
            auto& family = families.emplace_back();
            family.name = take_until(rest, ' ');
            family.help = rest;
        } else if (line.starts_with("# TYPE ")) {
            rest.remove_prefix(7);
            REQUIRE_FALSE(families.empty());
            REQUIRE(take_until(rest, ' ') == families.back().name);
            REQUIRE(families.back().type.empty());
            families.back().type = rest;
        } else {
            REQUIRE_FALSE(families.empty());
            families.back().samples.push_back(sample_of(line));
            REQUIRE(belongs_to(families.back().samples.back().name, families.back()));
        }
    }
    return families;
}

// ---- What the tests ask of it -------------------------------------------------------------------------------------

class Metrics {
public:
    explicit Metrics(const Status& status, bool ready = false, const RequestCounts& counts = {})
        : families_{families_of(metrics_text(status, ready, counts))} {}

    const std::vector<Family>& families() const { return families_; }

    const Family& family(const std::string& name) const {
        const auto found =
            std::find_if(families_.begin(), families_.end(), [&](const auto& f) { return f.name == name; });
        REQUIRE(found != families_.end());
        return *found;
    }

    // Of the one sample with these labels; nullopt: there is none.
    std::optional<double> value(const std::string& name, const Labels& labels = {}) const {
        const auto base = name.substr(
            0, name.find("_duration_seconds_") == std::string::npos ? name.size() : name.find("_seconds_") + 8);
        for (const auto& sample : family(base).samples) {
            if (sample.name == name && sample.labels == labels) return sample.value;
        }
        return std::nullopt;
    }

private:
    std::vector<Family> families_;
};

const Labels kOrders{{"dependency", "orders"}};

Status with_everything() {
    auto measured = behind("stock");
    measured.tallies.looks_by_state[0] = 3;
    measured.tallies.looks_by_duration[2] = 3;
    return status_of({ready("orders"), held("billing"), not_enforced(behind("mail")), pending("search"), measured});
}

const RequestCounts kCounts{{{"/readyz", 200}, 3}, {{"/readyz", 503}, 1}, {{"other", 404}, 2}};

TEST_CASE("every metric of the contract is there", "[http]") {
    const Metrics metrics{with_everything(), true, kCounts};
    for (const auto* name :
         {"schemalatch_ready", "schemalatch_dependency_state", "schemalatch_held", "schemalatch_assumed",
          "schemalatch_enforced", "schemalatch_missing_migrations", "schemalatch_last_success_timestamp_seconds",
          "schemalatch_check_duration_seconds", "schemalatch_checks_total", "schemalatch_run_state",
          "schemalatch_http_requests_total", "schemalatch_build_info"}) {
        CAPTURE(name);
        CHECK_FALSE(metrics.family(name).samples.empty());
    }
}

TEST_CASE("metrics keep the rules of the text format, and of naming", "[http]") {
    const Metrics metrics{with_everything(), true, kCounts};
    std::set<std::string> names;
    for (const auto& family : metrics.families()) {
        CAPTURE(family.name);
        CHECK(names.insert(family.name).second);  // samples of a name stand together
        CHECK(is_name(family.name));
        CHECK(family.name.starts_with("schemalatch_"));
        CHECK_FALSE(family.help.empty());
        CHECK((family.type == "gauge" || family.type == "counter" || family.type == "histogram"));
        CHECK((family.type == "counter") == family.name.ends_with("_total"));
        std::set<std::pair<std::string, Labels>> distinct;
        for (const auto& sample : family.samples) CHECK(distinct.emplace(sample.name, sample.labels).second);
    }
}

TEST_CASE("no label but the build's version tells a version, and none an error text", "[http]") {
    const std::map<std::string, std::set<std::string>> allowed{
        {"schemalatch_build_info", {"version"}},
        {"schemalatch_ready", {}},
        {"schemalatch_dependency_state", {"dependency", "state"}},
        {"schemalatch_checks_total", {"dependency", "state"}},
        {"schemalatch_run_state", {"dependency", "state"}},
        {"schemalatch_check_duration_seconds", {"dependency", "le"}},
        {"schemalatch_http_requests_total", {"path", "code"}},
    };
    const Metrics metrics{with_everything(), true, kCounts};
    for (const auto& family : metrics.families()) {
        const auto known = allowed.find(family.name);
        const auto labels = known == allowed.end() ? std::set<std::string>{"dependency"} : known->second;
        for (const auto& sample : family.samples) {
            CAPTURE(sample.name);
            for (const auto& [label, value] : sample.labels) CHECK(labels.contains(label));
        }
    }
}

TEST_CASE("the build is told by its version", "[http]") {
    CHECK(Metrics{status_of({})}.value("schemalatch_build_info", {{"version", kVersion}}) == 1);
}

TEST_CASE("ready is whether readyz answers 200", "[http]") {
    CHECK(Metrics{status_of({ready()}), true}.value("schemalatch_ready") == 1);
    CHECK(Metrics{status_of({behind()}), false}.value("schemalatch_ready") == 0);
}

TEST_CASE("the state is a set: 1 for the one that it is in, 0 for every other", "[http]") {
    for (const auto state : gate::kStates) {
        auto dependency = pending();
        dependency.state = state;
        const Metrics metrics{status_of({dependency})};
        CHECK(metrics.family("schemalatch_dependency_state").samples.size() == gate::kStates.size());
        for (const auto other : gate::kStates) {
            CHECK(metrics.value("schemalatch_dependency_state",
                                {{"dependency", "orders"}, {"state", std::string{to_string(other)}}}) ==
                  (other == state ? 1 : 0));
        }
    }
}

TEST_CASE("held, assumed, enforced and an overdue primary are told for each dependency", "[http]") {
    auto assumed = ready("stock");
    assumed.assumed = true;
    auto overdue = held("search");
    overdue.primary_overdue = true;
    const Metrics metrics{
        status_of({ready("orders"), held("billing"), not_enforced(behind("mail")), assumed, overdue})};
    struct Row {
        const char* name;
        std::vector<double> expected;  // orders, billing, mail, stock, search
    };
    const std::vector<Row> rows{
        {"schemalatch_held", {0, 1, 0, 0, 1}},
        {"schemalatch_assumed", {0, 0, 0, 1, 0}},
        {"schemalatch_enforced", {1, 1, 0, 1, 1}},
        {"schemalatch_primary_overdue", {0, 0, 0, 0, 1}},
    };
    for (const auto& [name, expected] : rows) {
        CAPTURE(name);
        const std::vector<std::string> order{"orders", "billing", "mail", "stock", "search"};
        for (std::size_t i = 0; i < order.size(); ++i)
            CHECK(metrics.value(name, {{"dependency", order[i]}}) == expected[i]);
    }
}

TEST_CASE("missing migrations are counted whole, and none before the first look", "[http]") {
    auto far_behind = behind();
    Sight sight = *far_behind.sight;
    sight.missing.assign(1234, "m");
    far_behind.sight = std::make_shared<const Sight>(sight);
    CHECK(Metrics{status_of({far_behind})}.value("schemalatch_missing_migrations", kOrders) == 1234);
    CHECK(Metrics{status_of({behind()})}.value("schemalatch_missing_migrations", kOrders) == 2);
    CHECK(Metrics{status_of({ready()})}.value("schemalatch_missing_migrations", kOrders) == 0);
    CHECK(Metrics{status_of({pending()})}.value("schemalatch_missing_migrations", kOrders) == 0);
}

TEST_CASE("the last success is an instant in seconds, told exactly, and 0 where there was none", "[http]") {
    auto once = ready();
    once.last_satisfied_at = support::kEvening + std::chrono::milliseconds{127'250};
    CHECK(Metrics{status_of({once})}.value("schemalatch_last_success_timestamp_seconds", kOrders) == 1795294387.25);
    CHECK(Metrics{status_of({pending()})}.value("schemalatch_last_success_timestamp_seconds", kOrders) == 0);
}

TEST_CASE("looks are counted for each state", "[http]") {
    auto dependency = behind();
    dependency.tallies.looks_by_state[static_cast<std::size_t>(gate::State::behind)] = 12;
    dependency.tallies.looks_by_state[static_cast<std::size_t>(gate::State::unreachable)] = 9'007'199'254'740'992;
    const Metrics metrics{status_of({dependency})};
    const auto looks = [&](const char* state) {
        return metrics.value("schemalatch_checks_total", {{"dependency", "orders"}, {"state", state}});
    };
    CHECK(metrics.family("schemalatch_checks_total").samples.size() == gate::kStates.size());
    CHECK(looks("behind") == 12);
    CHECK(looks("unreachable") == 9'007'199'254'740'992.0);
    CHECK(looks("satisfied") == 0);
}

TEST_CASE("durations are a cumulative histogram with an infinite bucket", "[http]") {
    auto dependency = behind();
    dependency.tallies.looks_by_duration[0] = 5;
    dependency.tallies.looks_by_duration[3] = 2;
    dependency.tallies.looks_by_duration.back() = 1;
    dependency.tallies.seconds = 7.125;
    const Metrics metrics{status_of({dependency, pending("billing")})};
    const auto& name = std::string{"schemalatch_check_duration_seconds"};
    CHECK(metrics.value(name + "_sum", kOrders) == 7.125);
    CHECK(metrics.value(name + "_count", kOrders) == 8);
    CHECK(metrics.value(name + "_count", {{"dependency", "billing"}}) == 0);

    std::vector<double> bounds;
    double before = 0;
    for (const auto& sample : metrics.family(name).samples) {
        if (sample.name != name + "_bucket" || sample.labels.at("dependency") != "orders") continue;
        CHECK(sample.value >= before);
        before = sample.value;
        bounds.push_back(std::stod(sample.labels.at("le")));
    }
    CHECK(std::is_sorted(bounds.begin(), bounds.end()));
    CHECK(bounds.size() == kDurationBounds.size() + 1);
    CHECK(std::isinf(bounds.back()));
    CHECK(before == 8);
    CHECK(metrics.value(name + "_bucket", {{"dependency", "orders"}, {"le", "+Inf"}}) == 8);
    CHECK(metrics.value(name + "_bucket", {{"dependency", "orders"}, {"le", "0.0005"}}) == 5);
    CHECK(metrics.value(name + "_bucket", {{"dependency", "orders"}, {"le", "0.005"}}) == 7);
}

TEST_CASE("the newest run is in one of its states", "[http]") {
    const Metrics metrics{status_of({support::with_runs(behind())})};
    for (const auto& sample : metrics.family("schemalatch_run_state").samples)
        CHECK(sample.value == (sample.labels.at("state") == "running" ? 1 : 0));
}

TEST_CASE("where no run is known, it is in none of its states", "[http]") {
    const Metrics metrics{status_of({behind()})};
    std::set<std::string> states;
    for (const auto& sample : metrics.family("schemalatch_run_state").samples) {
        CHECK(sample.value == 0);
        states.insert(sample.labels.at("state"));
    }
    CHECK(states ==
          std::set<std::string>{"running", "succeeded", "failed", "not_reached", "aborted", "lock_lost", "vanished"});
}

TEST_CASE("HTTP answers are counted by route and code", "[http]") {
    const Metrics metrics{status_of({}), true, kCounts};
    CHECK(metrics.value("schemalatch_http_requests_total", {{"path", "/readyz"}, {"code", "200"}}) == 3);
    CHECK(metrics.value("schemalatch_http_requests_total", {{"path", "/readyz"}, {"code", "503"}}) == 1);
    CHECK(metrics.value("schemalatch_http_requests_total", {{"path", "other"}, {"code", "404"}}) == 2);
    CHECK(Metrics{status_of({})}.family("schemalatch_http_requests_total").samples.empty());
}

TEST_CASE("whatever the database holds never reaches a metric", "[http]") {
    const auto plain = metrics_text(status_of({behind()}), false, {});
    for (const auto& id : support::hostile_ids()) {
        CAPTURE(id.substr(0, 100));
        auto dependency = behind();
        dependency.reason = id;
        dependency.required = {id};
        dependency.requirement_source = id;
        dependency.requirement_digest = id;
        dependency.sight = std::make_shared<const Sight>(Sight{{id}, {id, id}, {id}, true, {}});
        CHECK(metrics_text(status_of({dependency}), false, {}) == plain);
    }
}

TEST_CASE("a label's value is escaped, should a hostile one ever come there", "[http]") {
    for (const auto& name : support::hostile_ids()) {
        CAPTURE(name.substr(0, 100));
        CHECK(Metrics{status_of({behind(name)})}.value("schemalatch_held", {{"dependency", name}}) == 0);
    }
}

}  // namespace
}  // namespace schemalatch::http
