#include "sidecar/auto_probe.h"

#include <algorithm>

#include "probes/model/printable.h"

namespace schemalatch {

namespace {

using Traces = std::vector<model::Trace>;

std::string text_of(const model::Trace& trace) {
    return (trace.schema.empty() ? "" : trace.schema + ".") + trace.table + " (" + trace.tool + ")";
}

// The same tool's table in two schemas is for the look that reads it to tell.
bool name_one_tool(const Traces& traces) {
    return std::all_of(traces.begin(), traces.end(),
                       [&](const auto& trace) { return trace.tool == traces.front().tool; });
}

model::ProbeFailure several(const Traces& traces) {
    std::string tables;
    for (const auto& trace : traces) tables += (tables.empty() ? "" : ", ") + text_of(trace);
    return {model::FailureKind::ambiguous, "tables of several migration tools are here: " + model::printable(tables) +
                                               "; set tool to the one that is meant"};
}

}  // namespace

AutoProbe::AutoProbe(std::unique_ptr<model::Probe> recogniser, Make make, Report report)
    : recogniser_{std::move(recogniser)}, make_{std::move(make)}, report_{std::move(report)} {}

model::Look AutoProbe::observe(const model::Deadline& deadline) {
    if (probe_) return probe_->observe(deadline);
    auto seen = recogniser_->observe(deadline);
    if (!seen || seen->traces.empty()) return seen;
    if (!name_one_tool(seen->traces)) return tl::make_unexpected(several(seen->traces));
    report_(seen->traces.front());
    probe_ = make_(seen->traces.front().tool);
    recogniser_->disconnect();
    return probe_->observe(deadline);
}

}  // namespace schemalatch
