// What an upgrade reads of the journal and writes into it. Where there is none it does nothing, and nothing else is
// different: callers need not ask.
#pragma once

#include <memory>
#include <vector>

#include "sidecar/upgrade/upgrading.h"

namespace schemalatch::upgrade {

// An error says why it failed. The first is told by the log, unless the session is gone: that the caller has to find
// out. What could not be written changes nothing else.
class RunJournal {
public:
    explicit RunJournal(Upgrading& upgrading) : it_{upgrading} {}

    // Creates it if need be, and reads the lineage. If there is none the log says what is lost by that.
    model::Said<void> open();
    bool is_open() const { return open_; }

    // On a new session. False: there was none, or it could not be opened.
    bool open_again();

    // As the upgrades before have written it. Null: none is known.
    const std::shared_ptr<const model::Parents>& lineage() const { return lineage_; }
    model::Said<void> write_lineage(const model::Parents& parents);

    model::Said<std::vector<model::Predecessor>> predecessors();
    model::Said<std::vector<model::Run>> newest_runs();

    model::Said<void> begin(const std::vector<std::string>& from);

    // Says that we live, each kHeartbeatEvery at most. Without a journal it asks whether the lock is still ours.
    model::Said<void> beat();
    void end(const model::RunEnd& end);

private:
    model::Said<void> read_lineage();
    model::Said<void> without(const std::string& why) const;

    template <typename T>
    model::Said<T> noted(model::Said<T> said) {
        if (!said) note(said.error());
        return said;
    }
    void note(const model::ProbeFailure& failure);

    Upgrading& it_;
    bool open_ = false;
    bool told_ = false;
    int sessions_lost_ = 0;
    std::shared_ptr<const model::Parents> lineage_;
    model::TimePoint beaten_at_;
};

}  // namespace schemalatch::upgrade
