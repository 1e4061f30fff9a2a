// The seam to the world for an upgrade: one session with the lock, the journal and looks in it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "probes/model/observation.h"
#include "probes/model/probe.h"
#include "probes/model/revision_graph.h"
#include "probes/model/run.h"

namespace schemalatch::model {

// A run that is about to begin.
struct NewRun {
    std::string id;
    std::string digest;
    std::vector<std::string> required;
    std::vector<std::string> from;  // what the look before it saw
    std::string host;
    std::string pod;      // empty: none
    std::string command;  // its name, without arguments: they may be secret
};

struct RunEnd {
    Outcome outcome = Outcome::succeeded;
    std::optional<int> exit_code;
    std::vector<std::string> to;  // what the look after it saw
};

// Why a run before ours is not known to be over.
struct Predecessor {
    std::string id;
    std::string by;
    std::chrono::milliseconds silent{0};  // since its last heartbeat, by the database's clock
    bool active = false;                  // a session that carries its id does something, or what it does is hidden
    std::string pid = {};                 // of such a session, as the database counts them; empty: none, or not known
};

// Each call gives up at its deadline.
template <typename T>
using Said = tl::expected<T, ProbeFailure>;

// One thread may call it, in the order of an upgrade: open, why_lock_is_void, try_lock until it is taken, the rest.
class UpgradeSession {
public:
    virtual ~UpgradeSession() = default;

    // Opens it, at a primary, and makes it fit to hold a lock for long. Opened already: anew; the lock is given up.
    virtual Said<void> open(const Deadline& deadline) = 0;

    // Whether the session is gone, and the lock with it. A call that failed need not have lost it.
    virtual bool is_lost() const = 0;

    virtual Said<bool> try_lock(const Deadline& deadline) = 0;

    // For people: who holds it, and how a DBA would end that.
    virtual std::string holder(const Deadline& deadline) = 0;

    // Tried from a second session, with a lock of no meaning: why one keeps nobody out here; empty: it does.
    virtual Said<std::string> why_lock_is_void(const Deadline& deadline) = 0;

    // What to do then, fit to stand behind "; ".
    virtual std::string lock_remedy() const = 0;

    // What holds the lock: it is free once this is shut down.
    virtual int lock_fd() const = 0;

    // Creates the journal where there is none. The error is one line that says why there is none, and what to do.
    virtual Said<void> open_journal(const Deadline& deadline) = 0;

    // The runs of this lock that have no end.
    virtual Said<std::vector<Predecessor>> predecessors(const Deadline& deadline) = 0;

    // Of the same bookkeeping, the newest first.
    virtual Said<std::vector<Run>> newest_runs(const Deadline& deadline) = 0;

    // Of the same bookkeeping; null: none is known.
    virtual Said<std::shared_ptr<const Parents>> lineage(const Deadline& deadline) = 0;
    virtual Said<void> write_lineage(const Parents& parents, const Deadline& deadline) = 0;

    // Those that have no end get one: vanished. Then ours begins.
    virtual Said<void> begin(const NewRun& run, const Deadline& deadline) = 0;
    virtual Said<void> beat(const std::string& id, const Deadline& deadline) = 0;
    virtual Said<void> end(const std::string& id, const RunEnd& end, const Deadline& deadline) = 0;

    virtual Look observe(const Deadline& deadline) = 0;

    // Whether the lock is still ours, at the least possible price.
    virtual Said<void> confirm_lock(const Deadline& deadline) = 0;

    // Lets these roles read the bookkeeping and the journal.
    virtual Said<void> grant(const std::vector<std::string>& readers, const Deadline& deadline) = 0;

    // Whether anybody can hear announce(). If not, a look while the command runs is of no use.
    virtual bool has_listeners() const = 0;

    // Hints to whoever listens that a look may be worth it.
    virtual void announce(const Deadline& deadline) = 0;
};

}  // namespace schemalatch::model
