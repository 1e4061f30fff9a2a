#include "probes/postgres/journal_reader.h"

#include <algorithm>
#include <utility>

#include "probes/model/journal_rows.h"
#include "probes/postgres/journal_sql.h"

namespace schemalatch::postgres {

namespace {

using model::Deadline;
using model::JournalState;
using model::TimePoint;

constexpr model::Duration kFirstPause{2000};
constexpr model::Duration kLongestPause{std::chrono::minutes{5}};

// With less, a look that is nearly over would only spoil its session.
constexpr std::chrono::milliseconds kLeastTime{20};

TimePoint now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::optional<JournalVersion> version_in(const Rows& rows) {
    if (rows.size() != 1 || rows[0].size() != 2) return std::nullopt;
    const auto format = model::whole_number(rows[0][0]);
    const auto lineage = model::whole_number(rows[0][1]);
    if (!format || !lineage) return std::nullopt;
    return JournalVersion{*format, *lineage};
}

void LineageRetry::failed(std::int64_t count, TimePoint now) {
    pause_ = failed_at_ == count ? std::min(pause_ * 2, kLongestPause) : kFirstPause;
    failed_at_ = count;
    next_ = now + pause_;
}

// One read, in as many steps as it takes. Each step gives nothing where there is nothing more to be learnt.
class JournalReader::Reading {
public:
    Reading(JournalReader& reader, Session& session, const model::Target& target, const Deadline& deadline)
        : reader_{reader}, session_{session}, target_{target}, deadline_{deadline} {}

    bool lost() const { return lost_; }

    // nullopt: it could not be read this time.
    std::optional<model::Journal> journal() {
        const auto state = this->state();
        if (!state) return std::nullopt;
        if (*state != JournalState::present) return model::Journal{.state = *state};
        // In a statement of its own: a later format may have other tables.
        const auto version = ask(journal_format_sql(reader_.schema_), 1);
        const auto told = version ? version_in(version->front()) : std::nullopt;
        if (!told) return std::nullopt;
        if (told->format != kJournalFormat) return model::Journal{.state = JournalState::absent};
        return contents(told->lineage);
    }

private:
    std::optional<JournalState> state() {
        const auto present = ask(journal_presence_sql(reader_.schema_), 1);
        if (!present || present->front().size() != 1 || present->front()[0].size() != 3) return std::nullopt;
        const auto& row = present->front()[0];
        if (row[0] != "t") return JournalState::absent;
        return row[1] == "t" ? JournalState::present : JournalState::denied;
    }

    std::optional<model::Journal> contents(std::int64_t lineage_count) {
        const bool moved = reader_.reads_lineage_ && reader_.lineage_count_ != lineage_count &&
                           reader_.lineage_retry_.is_due(lineage_count, now());
        model::Journal journal{.state = JournalState::present, .read_at = now()};
        auto sql = newest_runs_sql(reader_.schema_, target_);
        if (moved) sql += known_lineage_sql(reader_.schema_, target_);
        const auto told = ask(sql, moved ? 2 : 1);
        auto runs = told ? model::runs_in(told->front()) : std::nullopt;
        if (moved && !told) reader_.lineage_retry_.failed(lineage_count, now());
        if (!runs) return std::nullopt;
        if (moved) take_lineage((*told)[1], lineage_count);
        if (!take_required(*runs)) return std::nullopt;
        journal.runs = std::move(*runs);
        journal.lineage = reader_.lineage_;
        return journal;
    }

    void take_lineage(const Rows& rows, std::int64_t count) {
        auto lineage = model::lineage_in(rows);
        reader_.lineage_ = lineage ? std::make_shared<const model::Parents>(std::move(*lineage)) : nullptr;
        reader_.lineage_count_ = count;
        reader_.lineage_retry_.succeeded();
    }

    // They never change, and of a large project they are many: asked for once.
    bool take_required(std::vector<model::Run>& runs) {
        auto& known = reader_.required_;
        std::vector<std::string> asked;
        for (const auto& run : runs) {
            if (!known.contains(run.id)) asked.push_back(run.id);
        }
        const auto told = asked.empty() ? std::vector<Rows>{{}} : ask(required_sql(reader_.schema_, asked), 1);
        if (!told || told->front().size() > model::kMostJournalRows) return false;
        std::map<std::string, std::vector<std::string>> required;
        for (const auto& run : runs) required[run.id] = known[run.id];
        for (const auto& row : told->front()) {
            const auto run = row.size() == 2 && row[0] && row[1] ? required.find(*row[0]) : required.end();
            if (run != required.end()) run->second.push_back(*row[1]);
        }
        for (auto& run : runs) run.required = required[run.id];
        known = std::move(required);
        return true;
    }

    // nullopt: it went wrong, or gave another number of results.
    std::optional<std::vector<Rows>> ask(const std::string& sql, std::size_t selects) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.at - now());
        if (lost_ || left < kLeastTime) return std::nullopt;
        auto batch = session_.run(journal_reading_limits_sql(left) + sql, deadline_);
        lost_ = batch.error && batch.error->lost;
        if (batch.error || batch.selects.size() != selects) return std::nullopt;
        return std::move(batch.selects);
    }

    JournalReader& reader_;
    Session& session_;
    const model::Target& target_;
    Deadline deadline_;
    bool lost_ = false;
};

JournalReader::Answer JournalReader::read(Session& session, const model::Target& target, const Deadline& deadline) {
    static const auto kOff = std::make_shared<const model::Journal>();
    if (schema_.empty()) return {kOff};
    Reading reading{
        *this, session, target, {std::min(deadline.at, now() + model::kLongestJournalRead), deadline.stop_fd}};
    auto journal = known_.take(reading.journal());
    if (journal != nullptr && journal->state != JournalState::present) {
        lineage_.reset();
        forget_session();
    }
    return {std::move(journal), reading.lost()};
}

}  // namespace schemalatch::postgres
