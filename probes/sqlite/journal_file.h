// The journal of upgrades of a SQLite database: a SQLite file of our own beside it.
//
// The tables are those of PostgreSQL's journal. Lists are JSON texts, times are texts in UTC by the machine's clock.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "probes/model/revision_graph.h"
#include "probes/model/run.h"
#include "probes/model/upgrade_session.h"
#include "probes/sqlite/database.h"

namespace schemalatch::sqlite {

// Keeps nothing between calls: each opens the file. Whoever calls create() and what changes something has the lock.
class JournalFile {
public:
    JournalFile(std::filesystem::path file, std::string lock_name, model::Target target)
        : file_{std::move(file)}, lock_name_{std::move(lock_name)}, target_{std::move(target)} {}

    // Creates it where there is none, else sees that it is ours. The error is one line that says why there is none.
    model::Said<void> create(const model::Deadline& deadline) const;

    model::Said<std::vector<model::Predecessor>> unfinished(const model::Deadline& deadline) const;
    model::Said<std::vector<model::Run>> newest_runs(const model::Deadline& deadline) const;
    model::Said<std::shared_ptr<const model::Parents>> lineage(const model::Deadline& deadline) const;
    model::Said<void> write_lineage(const model::Parents& parents, const model::Deadline& deadline) const;
    model::Said<void> begin(const model::NewRun& run, const model::Deadline& deadline) const;
    model::Said<void> beat(const std::string& id, const model::Deadline& deadline) const;
    model::Said<void> end(const std::string& id, const model::RunEnd& end, const model::Deadline& deadline) const;

private:
    template <typename Action>
    auto with(Absent absent, const model::Deadline& deadline, Action action) const
        -> model::Said<typename decltype(action(nullptr))::value_type>;
    model::Said<void> check_kind() const;
    model::ProbeFailure describe(const SqliteError& error) const;

    std::filesystem::path file_;
    std::string lock_name_;
    model::Target target_;
};

}  // namespace schemalatch::sqlite
