#include "sidecar/bake/python_bindings.h"

#include <algorithm>
#include <cstddef>

namespace schemalatch::bake {

namespace {

class Binder {
public:
    explicit Binder(Tokens statement) : statement_{statement} {}

    std::vector<Binding> run();

private:
    void bind(const Token& name, std::string_view by) { found_.push_back({name.text, name.line, by}); }
    void bind_all_names(Tokens tokens, std::string_view by);
    void bind_targets(Tokens targets, std::string_view by);
    void bind_walruses();
    void bind_aliases();
    void bind_imports();
    void bind_loop(Tokens after_for);
    void bind_by_keyword(Tokens statement);
    void bind_assignment();

    Tokens statement_;
    std::vector<Binding> found_ = {};
};

bool is_name(const Token& token) { return token.kind == TokenKind::name; }
bool is_opening(const Token& token) { return token.is("(") || token.is("[") || token.is("{"); }
bool is_closing(const Token& token) { return token.is(")") || token.is("]") || token.is("}"); }

bool is_attribute(Tokens tokens, std::size_t i) { return i > 0 && tokens[i - 1].is("."); }

// Whether the bracket at `i` calls or subscripts what stands before it, instead of grouping.
bool is_trailer(Tokens tokens, std::size_t i) {
    return i > 0 && is_opening(tokens[i]) &&
           (is_name(tokens[i - 1]) || is_closing(tokens[i - 1]) || tokens[i - 1].kind == TokenKind::string);
}

// Brackets are balanced, as the lexer promises.
std::size_t closing_bracket(Tokens tokens, std::size_t opening) {
    std::size_t i = opening;
    while (!is_closing(tokens[i]) || tokens[i].depth != tokens[opening].depth) ++i;
    return i;
}

std::size_t find_top_level(Tokens tokens, std::string_view word) {
    const auto found =
        std::find_if(tokens.begin(), tokens.end(), [word](const Token& t) { return t.depth == 0 && t.is(word); });
    return static_cast<std::size_t>(found - tokens.begin());
}

bool is_augmented_assignment(const Token& token) {
    const auto text = token.text;
    if (token.kind != TokenKind::symbol || text.size() < 2 || !text.ends_with('=')) return false;
    return text != "==" && text != "!=" && text != "<=" && text != ">=" && text != ":=";
}

std::vector<Binding> Binder::run() {
    bind_walruses();
    bind_aliases();
    bind_by_keyword(statement_.front().is("async") ? statement_.subspan(1) : statement_);
    return std::move(found_);
}

void Binder::bind_all_names(Tokens tokens, std::string_view by) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (is_name(tokens[i]) && !is_attribute(tokens, i)) bind(tokens[i], by);
    }
}

// `a, (b, c.d, e[f])` binds a and b.
void Binder::bind_targets(Tokens targets, std::string_view by) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (is_trailer(targets, i)) i = closing_bracket(targets, i);
        const bool owns_more = i + 1 < targets.size() && (targets[i + 1].is(".") || is_opening(targets[i + 1]));
        if (is_name(targets[i]) && !owns_more && !is_attribute(targets, i)) bind(targets[i], by);
    }
}

// Anywhere: in a comprehension they bind in the scope around it.
void Binder::bind_walruses() {
    for (std::size_t i = 0; i + 1 < statement_.size(); ++i) {
        if (is_name(statement_[i]) && statement_[i + 1].is(":=")) bind(statement_[i], ":=");
    }
}

// What `as` names, up to the comma or the bracket that ends it.
void Binder::bind_aliases() {
    for (std::size_t i = 0; i < statement_.size(); ++i) {
        if (!statement_[i].is("as")) continue;
        const int depth = statement_[i].depth;
        const auto rest = statement_.subspan(i + 1);
        const auto end = std::find_if(rest.begin(), rest.end(), [depth](const Token& t) {
            return t.depth < depth || (t.depth == depth && (t.is(",") || t.is("as")));
        });
        bind_targets(rest.first(static_cast<std::size_t>(end - rest.begin())), "as");
    }
}

// Each name that follows `import`, a comma or a bracket, unless it gets another one by `as`.
void Binder::bind_imports() {
    const auto imported = statement_.subspan(std::min(find_top_level(statement_, "import"), statement_.size()));
    for (std::size_t i = 1; i < imported.size(); ++i) {
        const bool renamed = i + 1 < imported.size() && imported[i + 1].is("as");
        const bool begins = imported[i - 1].is("import") || imported[i - 1].is(",") || imported[i - 1].is("(");
        if (begins && !renamed && (is_name(imported[i]) || imported[i].is("*"))) bind(imported[i], "import");
    }
}

void Binder::bind_loop(Tokens after_for) { bind_targets(after_for.first(find_top_level(after_for, "in")), "for"); }

void Binder::bind_by_keyword(Tokens statement) {
    if (statement.empty()) return;
    const Token& first = statement.front();
    const auto rest = statement.subspan(1);
    const bool declares_type = first.is("type") && !rest.empty() && is_name(rest.front());
    if (first.is("import") || first.is("from")) return bind_imports();
    if (first.is("for")) return bind_loop(rest);
    if (first.is("del")) return bind_targets(rest, first.text);
    if (first.is("global")) return bind_all_names(rest, first.text);
    if (first.is("def") || first.is("class") || declares_type)
        return bind_all_names(rest.first(rest.empty() ? 0 : 1), first.text);
    // A pattern captures at any depth. `case` is also a name like any other, which costs a needless refusal at most.
    if (first.is("case")) bind_all_names(rest, first.text);
    bind_assignment();
}

void Binder::bind_assignment() {
    std::size_t type_begins = statement_.size();
    std::vector<std::size_t> equals;
    for (std::size_t i = 0; i < statement_.size(); ++i) {
        const Token& token = statement_[i];
        if (token.depth > 0) continue;
        if (is_augmented_assignment(token)) return bind_targets(statement_.first(i), token.text);
        if (token.is("lambda") && !equals.empty()) break;  // its defaults are not ours
        if (token.is("=")) equals.push_back(i);
        if (token.is(":") && equals.empty()) type_begins = std::min(type_begins, i);
    }
    if (equals.empty()) return;
    const bool plain = equals.size() == 1 && std::min(type_begins, equals[0]) == 1 && is_name(statement_.front());
    if (plain) {
        bind(statement_.front(), "=");
        found_.back().value = statement_.subspan(equals[0] + 1);
        return;
    }
    for (std::size_t i = 0, begin = 0; i < equals.size(); begin = equals[i++] + 1) {
        const auto target = statement_.subspan(begin, equals[i] - begin);
        bind_targets(target.first(find_top_level(target, ":")), "=");
    }
}

}  // namespace

std::vector<Binding> bindings_in(Tokens statement) { return Binder{statement}.run(); }

}  // namespace schemalatch::bake
