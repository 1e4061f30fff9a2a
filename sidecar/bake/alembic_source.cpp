#include "sidecar/bake/alembic_source.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "probes/model/printable.h"
#include "sidecar/bake/python_bindings.h"
#include "sidecar/bake/python_coding.h"
#include "sidecar/bake/python_literal.h"
#include "sidecar/bake/python_statements.h"

namespace schemalatch::bake {

namespace {

constexpr std::array<std::string_view, 4> kVariables{"revision", "down_revision", "depends_on", "branch_labels"};

// Whoever mentions one of these while the module is imported may change any of its variables.
constexpr std::array<std::string_view, 11> kDynamicNames{"exec",     "eval",        "globals",    "locals",
                                                         "vars",     "setattr",     "delattr",    "modules",
                                                         "__dict__", "__globals__", "__setattr__"};

// Alembic has refused these from the start. Newer ones refuse ":" too, which older ones accepted.
constexpr std::string_view kIllegalInIds = "@-+";

constexpr std::size_t kLongestQuote = 60;

using Checked = std::optional<SourceProblem>;

struct Assignment {
    Tokens value;
    int line;
};

using Assignments = std::map<std::string_view, Assignment>;

bool is_variable(std::string_view name) {
    return std::find(kVariables.begin(), kVariables.end(), name) != kVariables.end();
}

bool is_dynamic(const Token& token) {
    return token.kind == TokenKind::name &&
           std::find(kDynamicNames.begin(), kDynamicNames.end(), token.text) != kDynamicNames.end();
}

std::string quoted(std::string_view text) { return "\"" + std::string{text} + "\""; }

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// The source text of an expression in one line, fit to print.
std::string shown(Tokens value) {
    const char* begin = value.front().text.data();
    const char* end = value.back().text.data() + value.back().text.size();
    std::string line;
    for (const char c : std::string_view{begin, static_cast<std::size_t>(end - begin)}) {
        if (!is_blank(c)) line += c;
        if (is_blank(c) && !line.ends_with(' ')) line += ' ';
    }
    if (line.size() > kLongestQuote) line = line.substr(0, kLongestQuote) + "...";
    return quoted(model::printable(line));
}

// Finds the one certain assignment of each variable.
class Module {
public:
    tl::expected<Assignments, SourceProblem> read(const std::vector<Statement>& statements);

private:
    Checked check(const Statement& statement);
    Checked check_binding(const Binding& binding, const Statement& statement);
    Checked assign(const Binding& binding);

    Assignments assignments_ = {};
};

tl::expected<Assignments, SourceProblem> Module::read(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
        if (auto problem = check(statement)) return tl::make_unexpected(std::move(*problem));
    }
    return std::move(assignments_);
}

// In functions and classes names are their own, unless they are declared global.
Checked Module::check(const Statement& statement) {
    if (statement.scope != Scope::function) {
        const auto dynamic = std::find_if(statement.tokens.begin(), statement.tokens.end(), is_dynamic);
        if (dynamic != statement.tokens.end()) {
            return SourceProblem{
                dynamic->line,
                quoted(dynamic->text) + " at the top level may change any variable; move it into a function"};
        }
    }
    const bool own_names = statement.scope == Scope::function || statement.scope == Scope::class_body;
    for (const auto& binding : bindings_in(statement.tokens)) {
        if (own_names && binding.by != "global") continue;
        if (auto problem = check_binding(binding, statement)) return problem;
    }
    return std::nullopt;
}

Checked Module::check_binding(const Binding& binding, const Statement& statement) {
    const std::string name{binding.name};
    if (binding.name == "*") {
        return SourceProblem{binding.line, "\"import *\" may set any variable; import names one by one"};
    }
    if (!is_ascii(binding.name)) {
        // Python takes many a letter for its look-alike in ASCII.
        return SourceProblem{binding.line, "a name outside ASCII may be any variable; rename it"};
    }
    if (!is_variable(binding.name)) return std::nullopt;
    if (binding.by != "=") {
        return SourceProblem{binding.line, name + " is set by " + quoted(binding.by) + "; use another name there"};
    }
    if (binding.value.empty()) {
        return SourceProblem{binding.line, name + " is assigned together with others; give it a line of its own"};
    }
    if (statement.scope == Scope::conditional) {
        return SourceProblem{binding.line, name + " is assigned inside " + quoted(statement.inside) +
                                               "; assign it once, outside of any block"};
    }
    return assign(binding);
}

Checked Module::assign(const Binding& binding) {
    const auto [at, is_first] = assignments_.try_emplace(binding.name, Assignment{binding.value, binding.line});
    if (is_first) return std::nullopt;
    return SourceProblem{binding.line, std::string{binding.name} + " is assigned again, first in line " +
                                           std::to_string(at->second.line) + "; assign it once"};
}

// What a variable holds: no strings for None, for an empty tuple, and for a variable that is not there.
struct Value {
    Literal literal = None{};
    int line = 1;
};

using ReadValue = tl::expected<Value, SourceProblem>;

// Ids end up in logs and in JSON, so they must be text for everybody.
std::optional<std::string> trouble_with(const std::string& text, Coding coding) {
    if (text.empty()) return "holds an empty string";
    if (!is_ascii(text) && coding != Coding::utf8) return "holds what is not ASCII, in a file that is not UTF-8";
    if (model::printable(text) != text) return "holds what does not print";
    return std::nullopt;
}

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
        return refused("holds " + quoted(id->substr(illegal, 1)) + ", which Alembic allows in no id; rename it");
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
    const auto assignments = Module{}.read(*statements);
    if (!assignments) return tl::make_unexpected(assignments.error());
    return read_revision(*assignments, file_name, coding);
}

}  // namespace schemalatch::bake
