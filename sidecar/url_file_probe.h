// Looks at the database that a file names. A rotated secret is a new file: it is read anew for each look, and what it
// names by then is asked.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "probes/model/probe.h"
#include "sidecar/config/target.h"

namespace schemalatch {

class UrlFileProbe final : public model::Probe {
public:
    using Make = std::function<std::unique_ptr<model::Probe>(const config::Target&)>;

    // `target` is what the file named when it was last read.
    UrlFileProbe(std::filesystem::path file, config::Target target, Make make);

    // While the file cannot be read or names nothing, the last target is asked on; a look that fails then says so.
    model::Look observe(const model::Deadline& deadline) override;
    void disconnect() override { probe_->disconnect(); }

private:
    void reread();

    std::filesystem::path file_;
    config::Target target_;
    Make make_;
    std::unique_ptr<model::Probe> probe_;
    std::string problem_;  // with the file, when it was last read; empty: none
};

}  // namespace schemalatch
