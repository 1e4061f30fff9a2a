// The clock and the signals of this process, as an upgrade needs them.
#pragma once

#include "sidecar/signals.h"
#include "sidecar/upgrade/upgrade.h"

namespace schemalatch::upgrade {

// `signals` must outlive it.
class RealPace final : public Pace {
public:
    explicit RealPace(const Signals& signals) : signals_{signals} {}
    model::TimePoint now() const override { return std::chrono::steady_clock::now(); }
    void sleep_until(model::TimePoint at, int fd) override;
    int take_signal() override { return signals_.take(); }
    int stop_fd() const override { return signals_.fd(); }

private:
    const Signals& signals_;
};

}  // namespace schemalatch::upgrade
