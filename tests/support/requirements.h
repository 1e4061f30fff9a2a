// Named builders for unit tests: what an image needs, what a database has, and what a look at it said.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sidecar/gate/requirement.h"
#include "sidecar/gate/verdict.h"

namespace schemalatch::support {

// ---- What an image needs ------------------------------------------------------------------------------------------

inline model::Number number(std::string_view text) { return model::Number::parse(text).value(); }

inline std::vector<model::Number> numbers(const std::vector<std::string>& texts) {
    std::vector<model::Number> parsed;
    parsed.reserve(texts.size());
    for (const auto& text : texts) parsed.push_back(number(text));
    return parsed;
}

inline gate::Requirement requirement(std::string tool, std::string source, gate::Needs needs) {
    return {.tool = std::move(tool), .source = std::move(source), .digest = "sha256:test", .needs = std::move(needs)};
}

// needs_number("4"): the literal. needs_number("4", {"1", "2", "4"}): baked, with every migration of the image.
inline gate::Requirement needs_number(std::string_view at_least, const std::vector<std::string>& steps = {}) {
    return requirement("golang-migrate", steps.empty() ? std::string{at_least} : "@/schema/required.json",
                       gate::NumberRequirement{.at_least = number(at_least), .steps = numbers(steps)});
}

inline model::RevisionGraph graph(model::Parents parents) {
    return model::RevisionGraph::make(std::move(parents)).value();
}

// Baked: the revisions that are required, and the whole ancestry of the image.
inline gate::Requirement needs_graph(std::vector<std::string> revisions, model::Parents ancestry) {
    return requirement(
        "alembic", "@/schema/required.json",
        gate::GraphRequirement{.revisions = std::move(revisions), .ancestry = graph(std::move(ancestry))});
}

// A literal, of which nothing is known but the ids.
inline gate::Requirement needs_literal(std::vector<std::string> revisions) {
    std::string source;
    for (const auto& revision : revisions) source += (source.empty() ? "" : ",") + revision;
    return requirement("alembic", std::move(source), gate::GraphRequirement{.revisions = std::move(revisions)});
}

// Baked: every migration of the image, as {"1"} or {"S", {"replaced", ...}}.
inline gate::Requirement needs_set(std::vector<gate::Item> items, std::string tool = "django") {
    return requirement(std::move(tool), "@/schema/required.json",
                       gate::SetRequirement{.items = std::move(items), .whole = true});
}

// ---- What a database has ------------------------------------------------------------------------------------------

inline constexpr std::string_view kPlace = R"(database "orders" (role "ro", schemas searched: public))";

inline model::Observation with_rows(std::vector<model::Row> rows) {
    return {.has_table = true, .table = "bookkeeping", .rows = std::move(rows), .place = std::string{kPlace}};
}

// at({"a", "x"}): these ids, each cleanly applied.
inline model::Observation at(const std::vector<std::string>& ids) {
    std::vector<model::Row> rows;
    rows.reserve(ids.size());
    for (const auto& id : ids) rows.push_back({.id = id});
    return with_rows(std::move(rows));
}

inline model::Observation dirty_at(std::string id, model::ToolLock lock = model::ToolLock::none) {
    auto seen = with_rows({{.id = std::move(id), .mark = model::Mark::dirty}});
    seen.tool_lock = lock;
    return seen;
}

// The books of a tool that keeps every migration, whose ids compare so.
inline model::Observation kept_by(model::Bookkeeping books, std::vector<model::Row> rows) {
    auto seen = with_rows(std::move(rows));
    seen.books = std::move(books);
    return seen;
}

inline model::Observation without_table() {
    auto seen = with_rows({});
    seen.has_table = false;
    return seen;
}

inline model::Observation without_rows() { return with_rows({}); }

inline model::Observation on_standby(model::Observation seen) {
    seen.primary = false;
    return seen;
}

inline model::Look could_not_look(model::FailureKind kind, std::string detail) {
    return tl::make_unexpected(model::ProbeFailure{.kind = kind, .detail = std::move(detail)});
}

// ---- What a look said, as the gate hears it -----------------------------------------------------------------------

struct NamedVerdict {
    std::string words;
    gate::Verdict verdict;
};

// Every kind of verdict that contract 3.6 tells apart, by the words of the transcripts in tests/data/gate.
inline const std::vector<NamedVerdict>& every_kind_of_verdict() {
    using gate::State;
    using gate::Verdict;
    static const std::vector<NamedVerdict> kAll = [] {
        std::vector<NamedVerdict> all;
        const auto answer = [&](std::string words, Verdict verdict) {
            verdict.saw_database = true;
            verdict.reason = words;
            all.push_back({words, verdict});
            verdict.primary = false;
            all.push_back({words + " on a standby", verdict});
        };
        answer("satisfied", {.state = State::satisfied});
        answer("assumed", {.state = State::satisfied, .assumed = true});
        answer("behind", {.state = State::behind});
        answer("unmigrated", {.state = State::unmigrated});
        answer("diverged", {.state = State::diverged});
        answer("dirty", {.state = State::dirty});
        answer("dirty at the requirement", {.state = State::dirty, .dirty_at_requirement = true});
        answer("unknown", {.state = State::unknown});
        answer("unreadable version", {.state = State::unreadable});
        for (const auto state :
             {State::unreachable, State::denied, State::blocked, State::unreadable, State::ambiguous}) {
            const std::string words{gate::to_string(state)};
            all.push_back({words, {.state = state, .reason = words}});
        }
        all.push_back({"unreadable, maybe a standby", {.state = State::unreadable, .primary = false}});
        return all;
    }();
    return kAll;
}

// nullptr: there are no such words.
inline const gate::Verdict* verdict_named(std::string_view words) {
    for (const auto& [known, verdict] : every_kind_of_verdict()) {
        if (known == words) return &verdict;
    }
    return nullptr;
}

}  // namespace schemalatch::support
