#include "sidecar/bake/python_own_names.h"

#include <algorithm>
#include <array>

#include "sidecar/bake/python_bindings.h"

namespace schemalatch::bake {

namespace {

using Places = std::set<const Token*>;

// What may stand behind the body of a lambda that no bracket closes.
constexpr std::array<std::string_view, 7> kEnds{",", ":", "=", "for", "async", "as", "from"};

bool is_star(const Token& token) { return token.is("*") || token.is("**"); }

// The arguments among the tokens, which begin behind the bracket or the keyword. A lambda as a default has arguments of
// its own, which can't be told from these: then there are none.
Places arguments_in(Tokens tokens, int depth) {
    Places found;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].is("lambda")) return {};
        if (tokens[i].kind != TokenKind::name || tokens[i].depth != depth) continue;
        const std::size_t before = i > 0 && is_star(tokens[i - 1]) ? i - 1 : i;
        if (before == 0 || (tokens[before - 1].is(",") && tokens[before - 1].depth == depth)) found.insert(&tokens[i]);
    }
    return found;
}

Tokens without_async(Tokens tokens) { return tokens[0].is("async") && tokens.size() > 1 ? tokens.subspan(1) : tokens; }

bool is_definition(Tokens tokens) { return without_async(tokens)[0].is("def"); }

// From the first bracket to the one that closes it.
Places arguments_of_head(Tokens head) {
    const auto opening = std::find_if(head.begin(), head.end(), [](const Token& token) { return token.is("("); });
    const auto closing =
        std::find_if(opening, head.end(), [](const Token& token) { return token.depth == 0 && token.is(")"); });
    if (closing == head.end() || opening->depth != 0) return {};
    return arguments_in({opening + 1, closing}, 1);
}

// `lambda a, b: BODY`, which a comma, a bracket or a keyword ends.
void add_lambda(Tokens from, Places& places) {
    const int depth = from.front().depth;
    const auto rest = from.subspan(1);
    const auto is_here = [depth](const Token& token, std::string_view text) {
        return token.depth == depth && token.is(text);
    };
    const auto colon = std::find_if(rest.begin(), rest.end(), [&](const Token& token) { return is_here(token, ":"); });
    if (colon == rest.end()) return;
    const auto end = std::find_if(colon + 1, rest.end(), [&](const Token& token) {
        return token.depth < depth ||
               std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view word) { return is_here(token, word); });
    });
    const auto arguments = arguments_in({rest.begin(), colon}, depth);
    places.insert(arguments.begin(), arguments.end());
    for (auto token = colon + 1; token != end; ++token) {
        const bool own = std::any_of(arguments.begin(), arguments.end(),
                                     [&](const Token* argument) { return token->is(argument->text); });
        if (own) places.insert(&*token);
    }
}

bool is_class_head(const Statement& statement) { return statement.tokens.front().is("class"); }

}  // namespace

bool is_function_head(const Statement& statement) { return is_definition(statement.tokens); }

OwnNames own_names(const std::vector<Statement>& statements, std::size_t head) {
    OwnNames names;
    for (const Token* argument : arguments_of_head(statements[head].tokens)) names.insert(argument->text);
    const std::size_t level = statements[head].level;
    std::size_t inner = 0;  // the level of a function or class within; 0: none
    for (std::size_t i = head + 1; i < statements.size() && statements[i].level > level; ++i) {
        const auto& statement = statements[i];
        if (inner != 0 && statement.level > inner) continue;
        inner = is_function_head(statement) || is_class_head(statement) ? statement.level : 0;
        for (const auto& binding : bindings_in(statement.tokens)) {
            if (binding.by == "=" && !binding.value.empty()) names.insert(binding.name);
        }
    }
    return names;
}

std::set<const Token*> own_places(Tokens statement) {
    auto places = is_definition(statement) ? arguments_of_head(statement) : Places{};
    const auto head = without_async(statement);
    if (head.size() > 1 && (head[0].is("def") || head[0].is("class"))) places.insert(&head[1]);
    for (std::size_t i = 0; i < statement.size(); ++i) {
        if (statement[i].is("lambda")) add_lambda(statement.subspan(i), places);
    }
    return places;
}

}  // namespace schemalatch::bake
