#include "sidecar/bake/python_imports.h"

#include <algorithm>

#include "sidecar/bake/python_bindings.h"
#include "sidecar/bake/python_coding.h"

namespace schemalatch::bake {

namespace {

std::string joined(Tokens tokens) {
    std::string text;
    for (const auto& token : tokens) text += token.text;
    return text;
}

Tokens until(Tokens tokens, std::string_view word) {
    const auto end = std::find_if(tokens.begin(), tokens.end(), [&](const Token& token) { return token.is(word); });
    return tokens.first(static_cast<std::size_t>(end - tokens.begin()));
}

bool is_dotted_name(Tokens tokens) {
    if (tokens.size() % 2 == 0) return false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (i % 2 == 0 ? tokens[i].kind != TokenKind::name || !is_ascii(tokens[i].text) : !tokens[i].is("."))
            return false;
    }
    return true;
}

// The entries of an import, without the brackets around them.
std::vector<Tokens> entries_of(Tokens list) {
    std::vector<Tokens> entries;
    while (!list.empty()) {
        if (list.front().is("(") || list.front().is(",")) {
            list = list.subspan(1);
            continue;
        }
        const auto entry = until(until(list, ","), ")");
        if (entry.empty()) break;
        entries.push_back(entry);
        list = list.subspan(entry.size());
    }
    return entries;
}

// What `name` is after this import; nullopt: the import has nothing to do with it.
std::optional<std::string> path_in(Tokens import, std::string_view name) {
    const bool from = import.front().is("from");
    const auto module = from ? until(import.subspan(1), "import") : Tokens{};
    const auto list = import.subspan(std::min(import.size(), from ? module.size() + 2 : 1));
    for (const auto& entry : entries_of(list)) {
        const auto imported = until(entry, "as");
        if (imported.empty()) continue;
        const bool renamed = imported.size() < entry.size();
        if (!(renamed ? entry.back() : imported.front()).is(name)) continue;
        if (from) return joined(module) + "." + joined(imported);
        return renamed ? joined(imported) : std::string{imported.front().text};  // `import a.b` gives a
    }
    return std::nullopt;
}

bool may_bind(const Binding& binding, std::string_view name) {
    return binding.name == name || binding.name == "*" || may_mean_ascii(binding.name);
}

}  // namespace

std::optional<std::string> imported_path(const std::vector<Statement>& statements, Tokens dotted) {
    if (!is_dotted_name(dotted)) return std::nullopt;
    const auto root = dotted.front().text;
    std::optional<std::string> path;
    for (const auto& statement : statements) {
        const bool own_names = statement.scope == Scope::function || statement.scope == Scope::class_body;
        for (const auto& binding : bindings_in(statement.tokens)) {
            if (!may_bind(binding, root) || (own_names && binding.by != "global")) continue;
            const bool imports = statement.tokens.front().is("import") || statement.tokens.front().is("from");
            const auto found = imports ? path_in(statement.tokens, root) : std::nullopt;
            if (!found || (path && *path != *found)) return std::nullopt;
            path = found;
        }
    }
    if (path) *path += joined(dotted.subspan(1));
    return path;
}

}  // namespace schemalatch::bake
