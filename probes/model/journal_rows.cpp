#include "probes/model/journal_rows.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>
#include <utility>

namespace schemalatch::model {

namespace {

enum RunColumn { kId, kOutcome, kBy, kStartedAt, kStartedAgo, kEndedAgo, kExitCode, kDigest, kEndedAt, kRunColumns };

// What a clock bears; a database's may be set to any time.
std::chrono::milliseconds age(std::int64_t milliseconds) {
    constexpr std::int64_t kCentury = 100LL * 365 * 86'400'000;
    return std::chrono::milliseconds{std::clamp(milliseconds, -kCentury, kCentury)};
}

std::optional<Run> run_in(const std::vector<JournalField>& row) {
    if (!row[kId] || !row[kStartedAt]) return std::nullopt;
    const auto outcome = parse_outcome(row[kOutcome].value_or(""));
    const auto started = whole_number(row[kStartedAgo]);
    const auto ended = whole_number(row[kEndedAgo]);
    if (!outcome || !started || row[kEndedAgo].has_value() != ended.has_value()) return std::nullopt;
    Run run;
    run.id = *row[kId];
    run.outcome = *outcome;
    run.by = row[kBy].value_or("");
    run.started_at = *row[kStartedAt];
    run.started_ago = age(*started);
    if (ended) run.ended_ago = age(*ended);
    if (const auto code = whole_number(row[kExitCode])) run.exit_code = static_cast<int>(*code);
    run.digest = row[kDigest].value_or("");
    run.ended_at = row[kEndedAt].value_or("");
    return run;
}

}  // namespace

std::optional<std::vector<Run>> runs_in(const JournalRows& rows) {
    std::vector<Run> runs;
    for (const auto& row : rows) {
        if (row.size() != kRunColumns) return std::nullopt;
        if (auto run = run_in(row)) runs.push_back(std::move(*run));
    }
    return runs;
}

std::optional<Parents> lineage_in(const JournalRows& rows) {
    if (rows.size() > kMostJournalRows) return std::nullopt;
    Parents lineage;
    for (const auto& row : rows) {
        if (row.size() != 2 || !row[0]) return std::nullopt;
        auto& parents = lineage[*row[0]];
        if (row[1]) parents.push_back(*row[1]);
    }
    return lineage;
}

std::optional<std::int64_t> whole_number(const JournalField& field) {
    std::int64_t number = 0;
    if (!field) return std::nullopt;
    const auto* end = field->data() + field->size();
    const auto [at, error] = std::from_chars(field->data(), end, number);
    return error == std::errc{} && at == end ? std::optional{number} : std::nullopt;
}

}  // namespace schemalatch::model
