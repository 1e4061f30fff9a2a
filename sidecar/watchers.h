// A thread and a board for each dependency.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sidecar/dependency.h"
#include "sidecar/exit_code.h"
#include "sidecar/status.h"
#include "sidecar/watch.h"

namespace schemalatch {

// Made, asked and destroyed by one thread. Destroying it stops the watchers, also in the middle of a look, and waits
// for them a second; one that does not end by then is left behind (left_behind.h).
class Watchers {
public:
    // `report` is called from the watchers' threads, one call for each change; `render` before each status that is
    // published. Throws std::system_error where the process may have no more threads or descriptors.
    Watchers(std::vector<Watchable> dependencies, std::function<void(const Change&)> report, Rendering render = {});
    ~Watchers();
    Watchers(const Watchers&) = delete;
    Watchers& operator=(const Watchers&) = delete;

    // In the order of the dependencies.
    Status status() const;

    // Asks every watcher for a look now, on a new connection.
    void look_now() const;

    // Set once a watcher gave up, having said why: a requirement did not come in time, or a bug of ours. The process
    // should end with it, for such a gate would stay as it is for ever.
    std::optional<ExitCode> gave_up() const;
    int gave_up_fd() const;  // becomes readable then

private:
    class Crew;
    std::shared_ptr<Crew> crew_;  // also the threads', who may outlive this
};

}  // namespace schemalatch
