// Where a command gets its status from: looks of its own, or a running sidecar. Shared by the commands that need one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/commands/invocation.h"
#include "sidecar/exit_code.h"
#include "sidecar/status.h"

namespace schemalatch::commands {

enum class Detail {
    verdicts,  // What decides; a sidecar's lists are cut.
    all,       // Whole lists, and of looks of our own who holds the lock of each one's upgrades.
};

// The newest there is, by --via or by one look at each dependency. The error has been logged.
tl::expected<Status, ExitCode> current_status(const Invocation& invocation, Detail detail);

// One that goes on. One thread may use it.
class StatusSource {
public:
    virtual ~StatusSource() = default;

    // The error is one line that says why there is none.
    virtual tl::expected<Status, std::string> newest(const model::Deadline& deadline) = 0;

    // Become readable when there may be a newer one; when to ask again though none did.
    virtual std::vector<int> fds() const = 0;
    virtual model::TimePoint next() const = 0;

    // Makes it look now where it can, on new connections.
    virtual void look_now() = 0;

    // Set where there will be no newer one; why has been logged.
    virtual std::optional<ExitCode> gave_up() const = 0;
};

// The error has been logged.
tl::expected<std::unique_ptr<StatusSource>, ExitCode> make_source(const Invocation& invocation);

}  // namespace schemalatch::commands
