#include "sidecar/commands/status_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "probes/model/printable.h"
#include "sidecar/gate/run.h"

namespace schemalatch::commands {

namespace {

using Ids = std::vector<std::string>;

constexpr std::size_t kWidth = 100;  // columns
constexpr std::size_t kLabelWidth = 12;

constexpr std::string_view kNotSeen = "not known: no look has seen the database yet";

std::string line(std::string_view label, std::string_view value) {
    return fmt::format("  {:<{}}{}\n", label, kLabelWidth - 2, value);
}

// ---- Lists ---------------------------------------------------------------------------------------------------------

Ids words_of(const Ids& ids, std::size_t count) {
    Ids words;
    const std::size_t listed = std::min(ids.size(), kMostListed);
    for (std::size_t i = 0; i < listed; ++i) words.push_back(model::printable(ids[i]) + (i + 1 < listed ? "," : ""));
    if (count > listed) words.push_back(fmt::format("and {} more", count - listed));
    return words;
}

// Broken between words, so that each still fits; the first line begins behind a label.
std::string wrapped(const Ids& words) {
    std::string text;
    std::size_t column = kLabelWidth;
    for (const auto& word : words) {
        const bool is_first = column == kLabelWidth;
        if (!is_first && column + 1 + word.size() > kWidth) {
            text += "\n" + std::string(kLabelWidth, ' ');
            column = kLabelWidth;
        } else if (!is_first) {
            text += " ";
            ++column;
        }
        text += word;
        column += word.size();
    }
    return text;
}

std::string listed(const Ids& ids, std::size_t count) { return count == 0 ? "none" : wrapped(words_of(ids, count)); }

// ---- Times ---------------------------------------------------------------------------------------------------------

// In its two largest units: "7 s", "2 min 7 s", "3 h 5 min", "4 d 0 h".
std::string span(std::chrono::seconds length) {
    const auto seconds = length.count();
    if (seconds < 60) return fmt::format("{} s", seconds);
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

// A sidecar's clock may be ahead of ours.
std::string age(SystemTime at, SystemTime now) {
    const auto length = std::chrono::floor<std::chrono::seconds>(now) - std::chrono::floor<std::chrono::seconds>(at);
    if (length.count() < 0) return span(-length) + " ahead of this clock";
    return span(length) + " ago";
}

std::string instant(SystemTime at, SystemTime now) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC ({})", fmt::gmtime(std::chrono::system_clock::to_time_t(at)),
                       age(at, now));
}

// ---- One dependency ------------------------------------------------------------------------------------------------

std::string gate_of(const DependencyStatus& dependency) {
    if (dependency.held) return "ready, held: it was satisfied before, and the newest look was not";
    if (dependency.assumed) return "ready, assumed: the database is at a revision that the image does not know";
    if (dependency.ready) return "ready";
    if (!dependency.enforced) return "not ready, and not enforced: nothing waits for it (enforce = false)";
    return "not ready";
}

// A state that the newest look found first is as old as that look, which is told anyway.
std::string state_of(const DependencyStatus& dependency, SystemTime now) {
    std::string text{gate::to_string(dependency.state)};
    if (dependency.since != dependency.looked_at) text += ", since " + instant(dependency.since, now);
    return text;
}

// Enough of it to tell two requirements apart, as with commits.
std::string short_digest(const std::string& digest) {
    constexpr std::string_view kPrefix = "sha256:";
    constexpr std::size_t kDigits = 12;
    return model::printable(digest.substr(0, kPrefix.size() + kDigits));
}

std::string requirement_of(const DependencyStatus& dependency) {
    const auto& [upto, exclude] = dependency.selection;
    return model::printable(dependency.requirement_source) + " (" + short_digest(dependency.requirement_digest) + ")" +
           (upto.empty() ? "" : ", up to " + model::printable(upto)) +
           (exclude.empty() ? "" : ", without " + model::listed(exclude));
}

std::string missing_of(const Sight& sight) {
    auto words = words_of(sight.missing, sight.missing_count());
    if (words.empty()) return "none";
    words.insert(words.begin(), fmt::format("{}, in this order:", sight.missing_count()));
    return wrapped(words);
}

std::string applied_of(const Sight& sight) {
    if (!sight.applied_count) return "not known: it takes a baked file that knows the current revision";
    return fmt::format("{} of the image's {} migrations", *sight.applied_count,
                       *sight.applied_count + sight.missing_count());
}

std::string sight_of(const Sight& sight, SystemTime now) {
    std::string text = line("current", listed(sight.current, sight.current_count()));
    text += line("missing", missing_of(sight));
    text += line("applied", applied_of(sight));
    text += line("failed", listed(sight.failed, sight.failed.size()));
    text += line("seen", instant(sight.at, now) + (sight.primary ? ", on a primary" : ", on a standby"));
    return text;
}

std::string lock_of(const model::LockLook& lock) {
    if (!lock) return "not known: " + model::one_line(lock.error().detail);
    return *lock ? "held by " + phrase(**lock) : "free";
}

std::string journal_of(const DependencyStatus& dependency) {
    std::string text{model::to_string(*dependency.journal)};
    if (*dependency.journal == model::JournalState::absent) text += ": the first upgrade creates it";
    if (*dependency.journal == model::JournalState::denied)
        text += ": in PostgreSQL see schemalatch journal --sql for the GRANT, in SQLite let our user read the file";
    return text;
}

std::string runs_of(const DependencyStatus& dependency) {
    std::string text;
    for (const auto& known : dependency.runs)
        text += line(text.empty() ? "runs" : "",
                     gate::ended_phrase(known.run) + (known.towards ? "" : " (towards another version)"));
    return text;
}

std::string block(const DependencyStatus& dependency, SystemTime now) {
    std::string text = model::printable(dependency.name) + "\n";
    text += line("gate", gate_of(dependency));
    text += line("state", state_of(dependency, now));
    text += line("reason", model::one_line(dependency.reason));
    text += line("looked", dependency.looked_at ? instant(*dependency.looked_at, now) : "never");
    text += line("tool", model::printable(dependency.tool));
    text += line("required", listed(dependency.required, dependency.required.size()));
    text += line("", requirement_of(dependency));
    text += dependency.sight ? sight_of(*dependency.sight, now) : line("current", kNotSeen);
    if (dependency.journal) text += line("journal", journal_of(dependency));
    if (dependency.lock) text += line("lock", lock_of(*dependency.lock));
    text += runs_of(dependency);
    return text;
}

}  // namespace

std::string status_text(const Status& status, SystemTime now) {
    std::string text;
    for (const auto& dependency : status.dependencies) text += (text.empty() ? "" : "\n") + block(*dependency, now);
    return text;
}

}  // namespace schemalatch::commands
