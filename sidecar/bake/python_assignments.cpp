#include "sidecar/bake/python_assignments.h"

#include <algorithm>
#include <array>
#include <optional>

#include "probes/model/printable.h"
#include "sidecar/bake/python_bindings.h"
#include "sidecar/bake/python_own_names.h"

namespace schemalatch::bake {

namespace {

// Whoever mentions one of these while the module is imported may change any of its variables.
constexpr std::array<std::string_view, 11> kDynamicNames{"exec",     "eval",        "globals",    "locals",
                                                         "vars",     "setattr",     "delattr",    "modules",
                                                         "__dict__", "__globals__", "__setattr__"};

// Python takes many a letter for its look-alike in ASCII.
constexpr const char* kOutsideAscii = "a name outside ASCII may be any variable; rename it";

// What makes an instance of a class, and may give it anything in place of what the class says.
constexpr std::array<std::string_view, 4> kMakers{"__init__", "__new__", "__getattribute__", "__init_subclass__"};

constexpr std::size_t kLongestQuote = 60;

using Checked = std::optional<SourceProblem>;

bool is_one_of(std::string_view name, Names names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_dynamic(const Token& token) {
    return token.kind == TokenKind::name &&
           (std::find(kDynamicNames.begin(), kDynamicNames.end(), token.text) != kDynamicNames.end() ||
            may_mean_ascii(token.text));
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// At the top level and in classes, which run on import.
Checked check_dynamic(const Statement& statement) {
    if (statement.scope == Scope::function) return std::nullopt;
    const auto dynamic = std::find_if(statement.tokens.begin(), statement.tokens.end(), is_dynamic);
    if (dynamic == statement.tokens.end()) return std::nullopt;
    if (!is_ascii(dynamic->text)) return SourceProblem{dynamic->line, kOutsideAscii};
    return SourceProblem{dynamic->line, model::quoted(dynamic->text) +
                                            " at the top level may change any variable; move it into a function"};
}

// Names that may be any name.
Checked check_certain(const Binding& binding) {
    if (binding.name == "*") {
        return SourceProblem{binding.line, "\"import *\" may set any variable; import names one by one"};
    }
    if (!is_ascii(binding.name)) return SourceProblem{binding.line, kOutsideAscii};
    return std::nullopt;
}

// A list can be changed by whoever reaches it; a tuple cannot.
bool may_hold_list(Tokens value) {
    return std::any_of(value.begin(), value.end(), [](const Token& token) { return token.is("["); });
}

bool holds(Tokens statement, Tokens value) {
    return statement.data() <= value.data() && value.data() < statement.data() + statement.size();
}

// Where a statement uses a variable, other than as the name of an argument: `f(name=...)`.
std::optional<Token> find_use(Tokens tokens, std::string_view name) {
    std::optional<std::set<const Token*>> own;  // found out only where the name is there at all
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool of_another = i > 0 && tokens[i - 1].is(".");
        const bool argument = i + 1 < tokens.size() && tokens[i + 1].is("=") && tokens[i].depth > 0;
        if (!tokens[i].is(name) || of_another || argument) continue;
        if (!own) own = own_places(tokens);
        if (!own->contains(&tokens[i])) return tokens[i];
    }
    return std::nullopt;
}

// The functions around a statement, and which names are theirs. `global` is refused elsewhere.
class Surroundings {
public:
    explicit Surroundings(const std::vector<Statement>& statements) : statements_{statements} {}

    // For each statement in turn, before it is asked about.
    void leave(std::size_t level) {
        while (!blocks_.empty() && blocks_.back().level >= level) blocks_.pop_back();
    }
    void enter(std::size_t at) {
        const auto& statement = statements_[at];
        if (is_function_head(statement)) blocks_.push_back({statement.level, own_names(statements_, at)});
        if (statement.tokens.front().is("class")) blocks_.push_back({statement.level, {}, true});
    }

    // Within a class the variables of the functions around it may give way to the module's.
    bool own(std::string_view name) const {
        for (auto block = blocks_.rbegin(); block != blocks_.rend() && !block->of_class; ++block) {
            if (block->names.contains(name)) return true;
        }
        return false;
    }

private:
    struct Block {
        std::size_t level;
        OwnNames names;
        bool of_class = false;
    };

    const std::vector<Statement>& statements_;
    std::vector<Block> blocks_ = {};
};

// `name: type` alone changes nothing, and `name = ...` sets a variable of a class or is refused elsewhere.
Tokens without_target(Tokens tokens) {
    const bool begins = tokens.size() > 1 && (tokens[1].is("=") || tokens[1].is(":"));
    return begins ? tokens.subspan(1) : tokens;
}

// A list that is reached behind its assignment.
Checked check_use(const Statement& statement, const Assignments& assignments,
                  const Surroundings* surroundings = nullptr) {
    for (const auto& [name, assignment] : assignments) {
        if (surroundings != nullptr && surroundings->own(name)) continue;
        if (!may_hold_list(assignment.value) || holds(statement.tokens, assignment.value)) continue;
        if (const auto use = find_use(without_target(statement.tokens), name)) {
            return SourceProblem{use->line, std::string{name} +
                                                " is used again, which may change the list; take that line away, or "
                                                "write a tuple"};
        }
    }
    return std::nullopt;
}

// The variables of one scope.
class Variables {
public:
    explicit Variables(Names names) : names_{names} {}

    // `block`: the keyword of the block within that scope that the binding stands in; empty: none.
    Checked take(const Binding& binding, std::string_view block);

    const Assignments& assignments() const { return assignments_; }

private:
    Checked assign(const Binding& binding);

    Names names_;
    Assignments assignments_ = {};
};

Checked Variables::take(const Binding& binding, std::string_view block) {
    const std::string name{binding.name};
    if (auto problem = check_certain(binding)) return problem;
    if (!is_one_of(binding.name, names_)) return std::nullopt;
    if (binding.by != "=") {
        return SourceProblem{binding.line,
                             name + " is set by " + model::quoted(binding.by) + "; use another name there"};
    }
    if (binding.value.empty()) {
        return SourceProblem{binding.line, name + " is assigned together with others; give it a line of its own"};
    }
    if (!block.empty()) {
        return SourceProblem{binding.line, name + " is assigned inside " + model::quoted(block) +
                                               "; assign it once, outside of any block"};
    }
    return assign(binding);
}

Checked Variables::assign(const Binding& binding) {
    const auto [at, is_first] = assignments_.try_emplace(binding.name, Assignment{binding.value, binding.line});
    if (is_first) return std::nullopt;
    return SourceProblem{binding.line, std::string{binding.name} + " is assigned again, first in line " +
                                           std::to_string(at->second.line) + "; assign it once"};
}

// In functions and classes names are their own, unless they are declared global.
Checked take_from_module(const Statement& statement, Variables& variables) {
    if (auto problem = check_dynamic(statement)) return problem;
    const bool own_names = statement.scope == Scope::function || statement.scope == Scope::class_body;
    for (const auto& binding : bindings_in(statement.tokens)) {
        if (own_names && binding.by != "global") continue;
        const bool in_block = statement.scope == Scope::conditional;
        if (auto problem = variables.take(binding, in_block ? statement.inside : std::string_view{})) return problem;
    }
    return std::nullopt;
}

// One class of a module, and what might make its name mean another or change it.
class ClassFinder {
public:
    ClassFinder(const std::vector<Statement>& statements, std::string_view name, Names names)
        : statements_{statements}, name_{name}, variables_{names} {}

    tl::expected<ClassBody, SourceProblem> find();

private:
    using Place = std::vector<Statement>::const_iterator;

    bool is_head(const Statement& statement) const {
        return statement.tokens.size() > 1 && statement.tokens[0].is("class") && statement.tokens[1].is(name_);
    }
    const Token* find_mention(const Statement& statement) const;
    Checked check_function(const Statement& statement) const;
    Checked check_head(Place head) const;
    Checked check_around(const Statement& statement) const;
    Checked take_from_body(const Statement& statement, std::size_t level);

    const std::vector<Statement>& statements_;
    std::string_view name_;
    Variables variables_;
};

// Its base class is mostly called the same, but behind a dot. A name that Python may take for it counts.
const Token* ClassFinder::find_mention(const Statement& statement) const {
    const auto& tokens = statement.tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool meant = tokens[i].is(name_) || (tokens[i].kind == TokenKind::name && may_mean_ascii(tokens[i].text));
        if (meant && (i == 0 || !tokens[i - 1].is("."))) return &tokens[i];
    }
    return nullptr;
}

// A function may be called while the module is imported. super(Migration, self) changes nothing.
Checked ClassFinder::check_function(const Statement& statement) const {
    const auto* mention = find_mention(statement);
    if (mention == nullptr) return std::nullopt;
    const auto at = static_cast<std::size_t>(mention - statement.tokens.data());
    if (at >= 2 && statement.tokens[at - 1].is("(") && statement.tokens[at - 2].is("super")) return std::nullopt;
    return SourceProblem{mention->line, "class " + std::string{name_} +
                                            " is used in a function, which may change it; take that line away"};
}

Checked ClassFinder::check_head(Place head) const {
    const int line = head->tokens.front().line;
    if (head->scope != Scope::module) {
        return SourceProblem{line, "class " + std::string{name_} + " stands inside " + model::quoted(head->inside) +
                                       "; define it once, outside of any block"};
    }
    if (head != statements_.begin() && std::prev(head)->tokens.front().is("@") && std::prev(head)->level == 0) {
        return SourceProblem{line, "class " + std::string{name_} + " is decorated; take the decorator away"};
    }
    return std::nullopt;
}

// What stands before the class is of no account, what comes after it may change it.
Checked ClassFinder::check_around(const Statement& statement) const {
    if (statement.scope == Scope::function) return std::nullopt;
    if (find_mention(statement) != nullptr) {
        return SourceProblem{
            statement.tokens.front().line,
            "class " + std::string{name_} + " is used again behind its body, which may change it; take that line away"};
    }
    if (statement.scope == Scope::class_body) return std::nullopt;
    for (const auto& binding : bindings_in(statement.tokens)) {
        if (auto problem = check_certain(binding)) return problem;
    }
    return std::nullopt;
}

// Classes and functions within it have names of their own.
bool sees_body(const Statement& statement, std::size_t level) {
    return statement.scope != Scope::function && (statement.level == level + 1 || statement.inside != "class");
}

Checked ClassFinder::take_from_body(const Statement& statement, std::size_t level) {
    if (!sees_body(statement, level)) return std::nullopt;
    const bool direct = statement.level == level + 1;
    for (const auto& binding : bindings_in(statement.tokens)) {
        if (is_one_of(binding.name, kMakers))
            return SourceProblem{binding.line, "class " + std::string{name_} + " has " + model::quoted(binding.name) +
                                                   " of its own, which may change it; take that away"};
        if (auto problem = variables_.take(binding, direct ? std::string_view{} : statement.inside)) return problem;
    }
    return std::nullopt;
}

tl::expected<ClassBody, SourceProblem> ClassFinder::find() {
    for (const auto& statement : statements_) {
        if (auto problem = check_dynamic(statement)) return tl::make_unexpected(std::move(*problem));
        if (statement.scope != Scope::function) continue;
        if (auto problem = check_function(statement)) return tl::make_unexpected(std::move(*problem));
    }
    const auto last = std::find_if(statements_.rbegin(), statements_.rend(),
                                   [&](const auto& statement) { return is_head(statement); });
    if (last == statements_.rend()) {
        return tl::make_unexpected(SourceProblem{1, "there is no class " + std::string{name_} + "; define it, or " +
                                                        "move the file to where nobody looks for migrations"});
    }
    const auto head = std::prev(last.base());
    if (auto problem = check_head(head)) return tl::make_unexpected(std::move(*problem));
    const auto body = std::next(head);
    auto statement = body;
    for (; statement != statements_.end() && statement->level > head->level; ++statement) {
        if (auto problem = take_from_body(*statement, head->level)) return tl::make_unexpected(std::move(*problem));
    }
    for (auto inner = body; inner != statement; ++inner) {
        if (!sees_body(*inner, head->level)) continue;
        if (auto problem = check_use(*inner, variables_.assignments())) return tl::make_unexpected(std::move(*problem));
    }
    for (; statement != statements_.end(); ++statement) {
        if (auto problem = check_around(*statement)) return tl::make_unexpected(std::move(*problem));
    }
    return ClassBody{head->tokens.subspan(2), head->tokens.front().line, variables_.assignments()};
}

}  // namespace

tl::expected<Assignments, SourceProblem> module_assignments(const std::vector<Statement>& statements, Names names) {
    Variables variables{names};
    for (const auto& statement : statements) {
        if (auto problem = take_from_module(statement, variables)) return tl::make_unexpected(std::move(*problem));
    }
    Surroundings surroundings{statements};
    for (std::size_t i = 0; i < statements.size(); ++i) {
        surroundings.leave(statements[i].level);
        if (auto problem = check_use(statements[i], variables.assignments(), &surroundings))
            return tl::make_unexpected(std::move(*problem));
        surroundings.enter(i);
    }
    return variables.assignments();
}

tl::expected<ClassBody, SourceProblem> class_assignments(const std::vector<Statement>& statements,
                                                         std::string_view class_name, Names names) {
    return ClassFinder{statements, class_name, names}.find();
}

std::string shown(Tokens value) {
    const char* begin = value.front().text.data();
    const char* end = value.back().text.data() + value.back().text.size();
    std::string line;
    for (const char c : std::string_view{begin, static_cast<std::size_t>(end - begin)}) {
        if (!is_blank(c)) line += c;
        if (is_blank(c) && !line.ends_with(' ')) line += ' ';
    }
    if (line.size() > kLongestQuote) line = line.substr(0, kLongestQuote) + "...";
    return model::quoted(line);
}

std::optional<std::string> trouble_with(const std::string& text, Coding coding) {
    if (text.empty()) return "holds an empty string";
    if (!is_ascii(text) && coding != Coding::utf8) return "holds what is not ASCII, in a file that is not UTF-8";
    if (model::printable(text) != text) return "holds what does not print";
    return std::nullopt;
}

}  // namespace schemalatch::bake
