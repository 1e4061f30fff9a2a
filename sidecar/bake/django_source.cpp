#include "sidecar/bake/django_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "probes/model/printable.h"
#include "sidecar/bake/python_assignments.h"
#include "sidecar/bake/python_bindings.h"
#include "sidecar/bake/python_literal.h"

namespace schemalatch::bake {

namespace {

constexpr std::array<std::string_view, 3> kLists{"dependencies", "run_before", "replaces"};

// The tokens point into the text that was read.
struct Source {
    std::vector<Token> tokens;
    std::vector<Statement> statements;
    Coding coding;
};

tl::expected<Source, SourceProblem> read_source(std::string_view text) {
    const Coding coding = python_coding(text);
    if (coding == Coding::not_understood) {
        return tl::make_unexpected(SourceProblem{1, "coding line is not understood; save the file as UTF-8"});
    }
    auto tokens = python_tokens(text);
    if (!tokens) return tl::make_unexpected(tokens.error());
    Source source{std::move(*tokens), {}, coding};
    auto statements = python_statements(source.tokens);
    if (!statements) return tl::make_unexpected(statements.error());
    source.statements = std::move(*statements);
    return source;
}

using ReadField = tl::expected<DjangoField, SourceProblem>;

ReadField read_field(const ClassBody& migration, std::string_view name, Coding coding) {
    const auto found = migration.assignments.find(name);
    if (found == migration.assignments.end()) return DjangoField{{}, migration.line};
    const auto& [tokens, line] = found->second;
    const auto refused = [&, value = tokens, at = line](const std::string& what) {
        return tl::make_unexpected(SourceProblem{at, std::string{name} + " " + shown(value) + " " + what +
                                                         R"(; write it as a list of pairs: [("app", "name")])"});
    };
    auto names = read_django_names(tokens);
    if (!names) return refused("is " + names.error());
    for (const auto& [app, migration_name] : names->names) {
        for (const auto* text : {&app, &migration_name}) {
            if (const auto trouble = trouble_with(*text, coding)) return refused(*trouble);
        }
    }
    return DjangoField{std::move(*names), line};
}

// A base class of somebody else's may have dependencies of its own.
bool inherits_only_djangos(const ClassBody& migration) {
    const auto& bases = migration.bases;
    return bases.size() >= 3 && bases[bases.size() - 2].is("Migration") && bases[bases.size() - 1].is(")") &&
           std::none_of(bases.begin(), bases.end(), [](const Token& token) { return token.is(",") || token.is("="); });
}

tl::expected<void, SourceProblem> check_bases(const ClassBody& migration) {
    if (inherits_only_djangos(migration) || migration.assignments.contains("dependencies")) return {};
    return tl::make_unexpected(SourceProblem{
        migration.line, "class Migration has a base class that may have dependencies; assign dependencies in it"});
}

}  // namespace

tl::expected<DjangoMigration, SourceProblem> read_django_migration(std::string_view text) {
    const auto source = read_source(text);
    if (!source) return tl::make_unexpected(source.error());
    const auto migration = class_assignments(source->statements, "Migration", kLists);
    if (!migration) return tl::make_unexpected(migration.error());
    if (auto checked = check_bases(*migration); !checked) return tl::make_unexpected(std::move(checked.error()));
    DjangoMigration read;
    const std::array<std::pair<std::string_view, DjangoField*>, 3> fields{
        {{"dependencies", &read.dependencies}, {"run_before", &read.run_before}, {"replaces", &read.replaces}}};
    for (const auto& [name, field] : fields) {
        auto names = read_field(*migration, name, source->coding);
        if (!names) return tl::make_unexpected(std::move(names.error()));
        *field = std::move(*names);
    }
    return read;
}

tl::expected<std::optional<std::string>, SourceProblem> read_django_label(std::string_view text) {
    const auto source = read_source(text);
    if (!source) return tl::make_unexpected(source.error());
    std::optional<std::string> label;
    for (const auto& statement : source->statements) {
        if (statement.scope != Scope::class_body) continue;
        for (const auto& binding : bindings_in(statement.tokens)) {
            if (binding.name != "label") continue;
            auto literal = binding.value.empty() ? tl::make_unexpected(std::string{}) : read_literal(binding.value);
            auto* word = literal ? std::get_if<std::string>(&*literal) : nullptr;
            if (word == nullptr || (label && *label != *word)) {
                return tl::make_unexpected(SourceProblem{
                    binding.line, "what the app's label is can't be told for sure; name it with --from LABEL=FOLDER"});
            }
            label = std::move(*word);
        }
    }
    return label;
}

}  // namespace schemalatch::bake
