// tool = "auto": finds out which migration tool keeps books in a database, and from then on looks as for that one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "probes/model/probe.h"

namespace schemalatch {

// Decides once, by the first look that finds exactly one tool, and keeps to it.
class AutoProbe final : public model::Probe {
public:
    // Makes a probe for the tool of that name, which `recogniser` told of.
    using Make = std::function<std::unique_ptr<model::Probe>(const std::string& tool)>;
    using Report = std::function<void(const model::Trace&)>;

    // `report` is called once, when it is decided.
    AutoProbe(std::unique_ptr<model::Probe> recogniser, Make make, Report report);

    // Until it is decided: unmigrated where there is no tool's table, ambiguous where there are several tools'.
    model::Look observe(const model::Deadline& deadline) override;
    void disconnect() override { current().disconnect(); }
    bool listen(const model::Deadline& deadline) override { return current().listen(deadline); }
    int wake_fd() const override { return current().wake_fd(); }
    bool take_hint() override { return current().take_hint(); }
    std::size_t companions() const override { return current().companions(); }

private:
    model::Probe& current() const { return probe_ ? *probe_ : *recogniser_; }

    std::unique_ptr<model::Probe> recogniser_;
    Make make_;
    Report report_;
    std::unique_ptr<model::Probe> probe_;  // null until it is decided
};

}  // namespace schemalatch
