// Looks at the database that a file names. A rotated secret is a new file: it is read anew for each look, and what it
// names by then is asked.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "probes/model/probe.h"
#include "sidecar/config/target.h"

namespace schemalatch {

class UrlFileProbe final : public model::Probe {
public:
    using Made = tl::expected<std::unique_ptr<model::Probe>, std::string>;
    using Make = std::function<Made(const config::Target&)>;

    // `target` is what the file named when it was last read; `make` must take it. The error is one line that says why a
    // target is none for this dependency.
    UrlFileProbe(std::filesystem::path file, config::Target target, Make make);

    // While the file cannot be read or names nothing, the last target is asked on; a look that fails then says so.
    model::Look observe(const model::Deadline& deadline) override;
    void disconnect() override { probe_->disconnect(); }
    bool listen(const model::Deadline& deadline) override { return probe_->listen(deadline); }
    int wake_fd() const override { return probe_->wake_fd(); }
    bool take_hint() override { return probe_->take_hint(); }
    std::size_t companions() const override { return probe_->companions(); }

private:
    // The error says why the last target stays.
    tl::expected<void, std::string> reread();

    std::filesystem::path file_;
    config::Target target_;
    Make make_;
    std::unique_ptr<model::Probe> probe_;
};

}  // namespace schemalatch
