#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <limits>

#include "sidecar/http/render.h"
#include "sidecar/version.h"

namespace schemalatch::http {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;
using Dependency = DependencyStatus;

MetricFamily family(std::string name, std::string help, MetricType type) {
    MetricFamily made;
    made.name = std::move(name);
    made.help = std::move(help);
    made.type = type;
    return made;
}

Label label(std::string name, std::string value) {
    Label made;
    made.name = std::move(name);
    made.value = std::move(value);
    return made;
}

void add(MetricFamily& to, std::vector<Label> labels, double value) {
    auto& metric = to.metric.emplace_back();
    metric.label = std::move(labels);
    (to.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
}

template <typename Value>
MetricFamily gauge_per_dependency(const Status& status, std::string name, std::string help, Value value) {
    auto made = family(std::move(name), std::move(help), MetricType::Gauge);
    for (const auto& dependency : status.dependencies)
        add(made, {label("dependency", dependency->name)}, static_cast<double>(value(*dependency)));
    return made;
}

MetricFamily gauge(std::string name, std::string help, std::vector<Label> labels, double value) {
    auto made = family(std::move(name), std::move(help), MetricType::Gauge);
    add(made, std::move(labels), value);
    return made;
}

template <typename Value>
MetricFamily per_state(const Status& status, MetricFamily made, Value value) {
    for (const auto& dependency : status.dependencies) {
        for (const auto state : gate::kStates) {
            add(made, {label("dependency", dependency->name), label("state", std::string{gate::to_string(state)})},
                value(*dependency, state));
        }
    }
    return made;
}

MetricFamily states(const Status& status) {
    return per_state(
        status,
        family("schemalatch_dependency_state",
               "The state of the newest look: 1 for the one that it is in, 0 for the others.", MetricType::Gauge),
        [](const Dependency& d, gate::State state) { return d.state == state ? 1.0 : 0.0; });
}

MetricFamily looks(const Status& status) {
    return per_state(
        status,
        family("schemalatch_checks_total", "Looks at the dependency, by the state they found.", MetricType::Counter),
        [](const Dependency& d, gate::State state) {
            return static_cast<double>(d.tallies.looks_by_state[static_cast<std::size_t>(state)]);
        });
}

MetricFamily runs(const Status& status) {
    auto made = family("schemalatch_run_state",
                       "The state of the newest known run: 1 for the one that it is in; all 0 if none is known.",
                       MetricType::Gauge);
    for (const auto& dependency : status.dependencies) {
        for (const auto state : model::kOutcomes) {
            const bool is_in = !dependency->runs.empty() && dependency->runs.front().run.outcome == state;
            add(made, {label("dependency", dependency->name), label("state", std::string{model::to_string(state)})},
                is_in ? 1 : 0);
        }
    }
    return made;
}

MetricFamily durations(const Status& status) {
    auto made = family("schemalatch_check_duration_seconds", "How long looks took, connecting included.",
                       MetricType::Histogram);
    for (const auto& dependency : status.dependencies) {
        auto& metric = made.metric.emplace_back();
        metric.label = {label("dependency", dependency->name)};
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i < dependency->tallies.looks_by_duration.size(); ++i) {
            cumulative += dependency->tallies.looks_by_duration[i];
            ClientMetric::Bucket bucket;
            bucket.upper_bound =
                i < kDurationBounds.size() ? kDurationBounds[i] : std::numeric_limits<double>::infinity();
            bucket.cumulative_count = cumulative;
            metric.histogram.bucket.push_back(bucket);
        }
        metric.histogram.sample_count = cumulative;
        metric.histogram.sample_sum = dependency->tallies.seconds;
    }
    return made;
}

MetricFamily requests(const RequestCounts& counts) {
    auto made =
        family("schemalatch_http_requests_total", "HTTP answers given, by route and code.", MetricType::Counter);
    for (const auto& [key, count] : counts)
        add(made, {label("path", key.first), label("code", std::to_string(key.second))}, static_cast<double>(count));
    return made;
}

double missing(const Dependency& dependency) {
    return dependency.sight ? static_cast<double>(dependency.sight->missing.size()) : 0.0;
}

double last_success(const Dependency& dependency) {
    if (!dependency.last_satisfied_at) return 0;
    return std::chrono::duration<double>(dependency.last_satisfied_at->time_since_epoch()).count();
}

}  // namespace

std::string metrics_text(const Status& status, bool ready, const RequestCounts& counts) {
    const std::vector<MetricFamily> families{
        gauge("schemalatch_build_info", "1, with the version as a label.", {label("version", kVersion)}, 1),
        gauge("schemalatch_ready", "Whether /readyz answers 200.", {}, ready ? 1 : 0),
        states(status),
        gauge_per_dependency(status, "schemalatch_held", "Ready although the newest look was not satisfied.",
                             [](const auto& d) { return d.held; }),
        gauge_per_dependency(status, "schemalatch_assumed",
                             "Satisfied only because an unknown revision is taken to be newer.",
                             [](const auto& d) { return d.assumed; }),
        gauge_per_dependency(status, "schemalatch_enforced", "Whether /readyz waits for this dependency.",
                             [](const auto& d) { return d.enforced; }),
        gauge_per_dependency(status, "schemalatch_primary_overdue",
                             "Held on a standby's word for longer than standby_limit.",
                             [](const auto& d) { return d.primary_overdue; }),
        gauge_per_dependency(status, "schemalatch_missing_migrations",
                             "Required migrations that the newest look that saw the database did not find.", missing),
        gauge_per_dependency(status, "schemalatch_last_success_timestamp_seconds",
                             "When a look was last satisfied; 0 if none was.", last_success),
        durations(status),
        looks(status),
        runs(status),
        requests(counts),
    };
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace schemalatch::http
