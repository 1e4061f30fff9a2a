// When the runs that a sidecar tells of ended. Pure: reads no clock.
#pragma once

#include <map>
#include <string>

#include "probes/model/probe.h"
#include "sidecar/status.h"

namespace schemalatch::commands {

// Dates, by our own clock, the ends of runs in the answers of one sidecar. Times of a database cannot be compared with
// ours: clocks differ. So whatever had ended by the first answer that knows a dependency's journal ended long ago, and
// what ends later ended when it was first told. A sidecar that starts anew in between makes no old end a new one.
class ToldRuns {
public:
    // `now`: when it was told; must not run backwards. A run without an id, as an older sidecar tells it, gets no date.
    void date(Status& status, model::TimePoint now);

private:
    using Ends = std::map<std::string, model::TimePoint>;  // by the run's id

    void date(DependencyStatus& dependency, model::TimePoint now);

    std::map<std::string, Ends> ends_;  // by the dependency's name, of those whose journal has been told of
};

}  // namespace schemalatch::commands
