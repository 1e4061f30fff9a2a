#include "sidecar/bake/django_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "probes/model/printable.h"
#include "sidecar/bake/python_assignments.h"
#include "sidecar/bake/python_bindings.h"
#include "sidecar/bake/python_imports.h"
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

// The bases of a class, without their brackets.
Tokens bases_of(const ClassBody& body) {
    const auto& bases = body.bases;
    const std::size_t comma = bases.size() >= 3 && bases[bases.size() - 2].is(",") ? 1 : 0;
    return bases.size() < 2 ? Tokens{} : bases.subspan(1, bases.size() - 2 - comma);
}

bool is_one_of(const std::optional<std::string>& path, std::initializer_list<const char*> paths) {
    return path && std::find(paths.begin(), paths.end(), *path) != paths.end();
}

// `metaclass=...` and the like, and what is not in sight: `*bases`.
bool has_arguments(Tokens bases) {
    return std::any_of(bases.begin(), bases.end(), [](const Token& token) {
        return token.depth == 1 && (token.is("=") || token.is("*") || token.is("**"));
    });
}

// A base class of somebody else's may have dependencies of its own.
tl::expected<void, SourceProblem> check_bases(const Source& source, const ClassBody& migration) {
    if (migration.bases.empty() || !migration.bases.front().is("("))
        return tl::make_unexpected(
            SourceProblem{migration.line, "class Migration has no base class; derive it from migrations.Migration"});
    const auto bases = bases_of(migration);
    if (has_arguments(bases))
        return tl::make_unexpected(SourceProblem{
            migration.line, "class Migration is made with arguments, which may change it; name base classes only"});
    if (is_one_of(imported_path(source.statements, bases),
                  {"django.db.migrations.Migration", "django.db.migrations.migration.Migration"}))
        return {};
    if (migration.assignments.contains("dependencies")) return {};
    return tl::make_unexpected(SourceProblem{
        migration.line, "class Migration has a base class that may have dependencies; assign dependencies in it"});
}

}  // namespace

tl::expected<DjangoMigration, SourceProblem> read_django_migration(std::string_view text) {
    const auto source = read_source(text);
    if (!source) return tl::make_unexpected(source.error());
    const auto migration = class_assignments(source->statements, "Migration", kLists);
    if (!migration) return tl::make_unexpected(migration.error());
    if (auto checked = check_bases(*source, *migration); !checked)
        return tl::make_unexpected(std::move(checked.error()));
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

namespace {

bool is_docstring(const Statement& statement) {
    return std::all_of(statement.tokens.begin(), statement.tokens.end(),
                       [](const Token& token) { return token.kind == TokenKind::string; });
}

}  // namespace

// Also within a string, for getattr() and its like.
tl::expected<void, SourceProblem> check_django_package(std::string_view text) {
    constexpr std::array<std::string_view, 1> kPath{"__path__"};
    const auto source = read_source(text);
    if (!source) return tl::make_unexpected(source.error());
    for (const auto& statement : source->statements) {
        if (is_docstring(statement)) continue;
        for (const auto& token : statement.tokens) {
            if (token.text.find(kPath.front()) == std::string_view::npos) continue;
            return tl::make_unexpected(
                SourceProblem{token.line,
                              "__path__ tells Django where to look for migrations, and may be changed here; take that "
                              "line away, or list all migrations to --from -"});
        }
    }
    if (auto found = module_assignments(source->statements, kPath); !found)
        return tl::make_unexpected(std::move(found.error()));
    return {};
}

namespace {

using ReadLabel = tl::expected<std::optional<std::string>, SourceProblem>;

tl::unexpected<SourceProblem> uncertain_label(int line) {
    return tl::make_unexpected(
        SourceProblem{line, "what the app's label is can't be told for sure; name it with --from LABEL=FOLDER"});
}

bool is_class(const Statement& statement) {
    return statement.tokens.front().is("class") && statement.tokens.size() > 1;
}

// Where a label may be given: anywhere but in functions, and as anything but the name of an argument.
std::optional<int> line_of_label(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
        if (statement.scope == Scope::function) continue;
        const auto& tokens = statement.tokens;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const bool argument = tokens[i].depth > 0 && i + 1 < tokens.size() && tokens[i + 1].is("=");
            const bool disguised = tokens[i].kind == TokenKind::name && may_mean_ascii(tokens[i].text);
            if ((tokens[i].is("label") && !argument) || disguised) return tokens[i].line;
        }
    }
    return std::nullopt;
}

// A class of the same file, which is looked at itself.
bool is_own_class(const std::vector<Statement>& statements, Tokens base) {
    if (base.size() != 1) return false;
    bool any = false;
    for (const auto& statement : statements) {
        if (statement.scope == Scope::function || statement.scope == Scope::class_body) continue;
        for (const auto& binding : bindings_in(statement.tokens)) {
            if (binding.name != base.front().text && binding.name != "*") continue;
            if (binding.by != "class") return false;
            any = true;
        }
    }
    return any;
}

// Classes that somebody else's base may give a label.
std::optional<int> line_of_unknown_base(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
        if (statement.scope == Scope::function || statement.scope == Scope::class_body || !is_class(statement))
            continue;
        const ClassBody head{statement.tokens.subspan(2), statement.tokens.front().line};
        const auto bases = bases_of(head);
        if (bases.empty() || bases.front().is("object") || is_own_class(statements, bases)) continue;
        if (is_one_of(imported_path(statements, bases), {"django.apps.AppConfig", "django.apps.config.AppConfig"}))
            continue;
        return head.line;
    }
    return std::nullopt;
}

// The one label that all classes give.
ReadLabel common_label(const std::vector<Statement>& statements, int line) {
    constexpr std::array<std::string_view, 1> kLabel{"label"};
    std::optional<std::string> label;
    for (const auto& statement : statements) {
        if (statement.scope != Scope::module || !is_class(statement)) continue;
        const auto body = class_assignments(statements, statement.tokens[1].text, kLabel);
        const auto found = body ? body->assignments.find("label") : Assignments::const_iterator{};
        if (!body || found == body->assignments.end()) return uncertain_label(line);
        const auto literal = read_literal(found->second.value);
        const auto* word = literal ? std::get_if<std::string>(&*literal) : nullptr;
        if (word == nullptr || (label && *label != *word)) return uncertain_label(found->second.line);
        label = *word;
    }
    if (!label) return uncertain_label(line);
    return label;
}

}  // namespace

ReadLabel read_django_label(std::string_view text) {
    const auto source = read_source(text);
    if (!source) return tl::make_unexpected(source.error());
    if (const auto line = line_of_label(source->statements)) return common_label(source->statements, *line);
    if (const auto line = line_of_unknown_base(source->statements)) return uncertain_label(*line);
    return std::nullopt;
}

}  // namespace schemalatch::bake
