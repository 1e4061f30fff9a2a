// Where one watcher publishes and any thread reads.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "probes/model/probe.h"
#include "sidecar/status.h"

namespace schemalatch {

// Thread-safe. A mutex around a pointer copy: std::atomic<std::shared_ptr> is a data race on libstdc++ 12.
class Board {
public:
    explicit Board(std::shared_ptr<const DependencyStatus> first) : status_{std::move(first)} {}

    void publish(std::shared_ptr<const DependencyStatus> status) {
        const std::lock_guard lock{mutex_};
        status_.swap(status);
    }

    std::shared_ptr<const DependencyStatus> read() const {
        const std::lock_guard lock{mutex_};
        return status_;
    }

    // The watcher promises to be back by then.
    void expect_turn_by(model::TimePoint at) { turn_by_.store(at); }

    bool stalled(model::TimePoint now) const { return now > turn_by_.load(); }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const DependencyStatus> status_;  // guarded by mutex_; never null
    std::atomic<model::TimePoint> turn_by_{model::TimePoint::max()};
};

}  // namespace schemalatch
