#include "sidecar/bake/alembic_source.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "probes/model/printable.h"
#include "sidecar/bake/python_assignments.h"
#include "sidecar/bake/python_literal.h"

namespace schemalatch::bake {

namespace {

constexpr std::array<std::string_view, 4> kVariables{"revision", "down_revision", "depends_on", "branch_labels"};

// Alembic has refused these from the start. Newer ones refuse ":" too, which older ones accepted.
constexpr std::string_view kIllegalInIds = "@-+";

// What a variable holds: no strings for None, for an empty tuple, and for a variable that is not there.
struct Value {
    Literal literal = None{};
    int line = 1;
};

using ReadValue = tl::expected<Value, SourceProblem>;

Texts texts_in(const Literal& literal) {
    if (const auto* text = std::get_if<std::string>(&literal)) return {*text};
    if (const auto* texts = std::get_if<Texts>(&literal)) return *texts;
    return {};
}

ReadValue read_value(const Assignments& assignments, std::string_view name, Coding coding) {
    const auto found = assignments.find(name);
    if (found == assignments.end()) return Value{};
    const auto [tokens, line] = found->second;
    const auto refused = [&, value = tokens, at = line](const std::string& what) {
        const std::string remedy = name == "revision" ? "; write the id as a string" : "; write the ids as strings";
        return tl::make_unexpected(SourceProblem{at, std::string{name} + " " + shown(value) + " " + what + remedy});
    };
    auto literal = read_literal(tokens);
    if (!literal) return refused("is " + literal.error());
    for (const auto& text : texts_in(*literal)) {
        if (const auto trouble = trouble_with(text, coding)) return refused(*trouble);
    }
    return Value{std::move(*literal), line};
}

tl::expected<AlembicField, SourceProblem> read_field(const Assignments& assignments, std::string_view name,
                                                     Coding coding) {
    auto value = read_value(assignments, name, coding);
    if (!value) return tl::make_unexpected(std::move(value.error()));
    return AlembicField{texts_in(value->literal), value->line};
}

// Before Alembic 0.2 the id was the name of the file.
std::optional<std::string> legacy_id(std::string_view file_name) {
    if (!file_name.ends_with(".py")) return std::nullopt;
    const auto stem = file_name.substr(0, file_name.size() - 3);
    if (stem.empty() || stem.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    return std::string{stem};
}

using ReadId = tl::expected<std::string, SourceProblem>;

ReadId read_legacy_id(std::string_view file_name) {
    if (auto id = legacy_id(file_name)) return std::move(*id);
    return tl::make_unexpected(
        SourceProblem{1, "revision is not assigned; assign it, or move the file to where Alembic does not look"});
}

ReadId read_id(const Assignments& assignments, std::string_view file_name, Coding coding) {
    const auto assigned = assignments.find("revision");
    if (assigned == assignments.end()) return read_legacy_id(file_name);
    auto value = read_value(assignments, "revision", coding);
    if (!value) return tl::make_unexpected(std::move(value.error()));
    const auto refused = [&assigned](const std::string& what) {
        return tl::make_unexpected(
            SourceProblem{assigned->second.line, "revision " + shown(assigned->second.value) + " " + what});
    };
    auto* id = std::get_if<std::string>(&value->literal);
    if (id == nullptr) return refused("is not an id; write the id as a string");
    const auto illegal = id->find_first_of(kIllegalInIds);
    if (illegal != std::string::npos) {
        return refused("holds " + model::quoted(id->substr(illegal, 1)) + ", which Alembic allows in no id; rename it");
    }
    return std::move(*id);
}

tl::expected<AlembicRevision, SourceProblem> read_revision(const Assignments& assignments, std::string_view file_name,
                                                           Coding coding) {
    auto id = read_id(assignments, file_name, coding);
    if (!id) return tl::make_unexpected(std::move(id.error()));
    if (!assignments.contains("down_revision")) {
        return tl::make_unexpected(SourceProblem{
            1, "down_revision is not assigned; assign the id of the revision before, or None for a first one"});
    }
    AlembicRevision revision{std::move(*id)};
    if (const auto assigned = assignments.find("revision"); assigned != assignments.end()) {
        revision.line = assigned->second.line;
    }
    const std::array<std::pair<std::string_view, AlembicField*>, 3> fields{
        {{"down_revision", &revision.down_revisions},
         {"depends_on", &revision.depends_on},
         {"branch_labels", &revision.branch_labels}}};
    for (const auto& [name, field] : fields) {
        auto read = read_field(assignments, name, coding);
        if (!read) return tl::make_unexpected(std::move(read.error()));
        *field = std::move(*read);
    }
    return revision;
}

}  // namespace

tl::expected<AlembicRevision, SourceProblem> read_alembic_source(std::string_view file_name, std::string_view text) {
    const Coding coding = python_coding(text);
    if (coding == Coding::not_understood) {
        return tl::make_unexpected(SourceProblem{1, "coding line is not understood; save the file as UTF-8"});
    }
    const auto tokens = python_tokens(text);
    if (!tokens) return tl::make_unexpected(tokens.error());
    const auto statements = python_statements(*tokens);
    if (!statements) return tl::make_unexpected(statements.error());
    const auto assignments = module_assignments(*statements, kVariables);
    if (!assignments) return tl::make_unexpected(assignments.error());
    return read_revision(*assignments, file_name, coding);
}

}  // namespace schemalatch::bake
