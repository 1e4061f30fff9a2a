// What a look learns of the journal, on the session that it has already. It never spoils the look: whatever the journal
// is like, reading it ends soon, and at worst there is nothing to tell.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "probes/model/journal.h"
#include "probes/model/probe.h"
#include "probes/postgres/session.h"

namespace schemalatch::postgres {

// When a lineage that could not be read is tried again: at once where its counter has moved, else later and later. One
// that is too large or too slow would cost each look of every sidecar a second of sorting. Pure.
class LineageRetry {
public:
    bool is_due(std::int64_t count, model::TimePoint now) const { return failed_at_ != count || now >= next_; }
    void failed(std::int64_t count, model::TimePoint now);
    void succeeded() { failed_at_.reset(); }

private:
    std::optional<std::int64_t> failed_at_;  // the counter; nullopt: the newest try did well
    model::Duration pause_{0};
    model::TimePoint next_;
};

// One thread may call it.
class JournalReader {
public:
    // Of the session that it was read on; `lost`: the session is of no use any more.
    struct Answer {
        model::JournalPtr journal;  // null: nothing is known yet
        bool lost = false;
    };

    // `schema`: of the journal; empty: it is switched off. The lineage is read for tools that have one.
    JournalReader(std::string schema, bool reads_lineage) : schema_{std::move(schema)}, reads_lineage_{reads_lineage} {}

    // Of the runs and the lineage of that bookkeeping.
    Answer read(Session& session, const model::Target& target, const model::Deadline& deadline);

    // The next session may lead to another server, whose lineage has another count.
    void forget_session() { lineage_count_.reset(); }

private:
    class Reading;

    std::string schema_;
    bool reads_lineage_;
    model::KnownJournal known_;
    std::shared_ptr<const model::Parents> lineage_;  // of the newest time that it could be read
    std::optional<std::int64_t> lineage_count_;      // at which that was; nullopt: it must be read
    LineageRetry lineage_retry_;
    std::map<std::string, std::vector<std::string>> required_;  // of the runs that were read last, by their ids
};

// ---- What the answers mean; pure ----------------------------------------------------------------------------------

// Of journal_format_sql(): the lineage's count. nullopt: it is no journal that this version can read.
struct JournalVersion {
    std::int64_t format = 0;
    std::int64_t lineage = 0;
};
std::optional<JournalVersion> version_in(const Rows& rows);

}  // namespace schemalatch::postgres
