#include "sidecar/bake/python_statements.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace schemalatch::bake {

namespace {

constexpr std::array<std::string_view, 12> kBlockKeywords{"if",   "elif",   "else",    "for", "while", "try",
                                                          "with", "except", "finally", "def", "class", "async"};

struct Block {
    Scope scope;
    std::string_view keyword;
};

// The scope of what stands inside a block that begins with `keyword`.
Scope scope_inside(Scope outer, std::string_view keyword) {
    if (outer == Scope::function || keyword == "def") return Scope::function;
    if (outer == Scope::class_body || keyword == "class") return Scope::class_body;
    return Scope::conditional;
}

// The colon after the head of a compound statement. A lambda on the way has one of its own.
std::optional<std::size_t> find_colon(Tokens line) {
    int lambdas = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i].depth > 0) continue;
        if (line[i].is("lambda")) ++lambdas;
        if (line[i].is(":") && lambdas-- == 0) return i;
    }
    return std::nullopt;
}

// `match` and `case` are keywords only where nothing else makes sense.
bool opens_block(Tokens line, std::string_view inside) {
    const Token& first = line.front();
    if (first.kind != TokenKind::name) return false;
    if (first.is("match")) return line.size() > 2 && line.back().is(":");
    if (first.is("case")) return inside == "match";
    return std::find(kBlockKeywords.begin(), kBlockKeywords.end(), first.text) != kBlockKeywords.end();
}

std::string_view keyword_of(Tokens head) {
    return head.front().is("async") && head.size() > 1 ? head[1].text : head.front().text;
}

class Splitter {
public:
    tl::expected<std::vector<Statement>, SourceProblem> run(Tokens tokens);

private:
    void take_line(Tokens line);
    void take_block_line(Tokens line);
    void take_simple(Tokens line, Block block, std::size_t level);
    std::size_t level() const { return blocks_.size() - 1; }
    void indent(int line);
    void refuse(int line, std::string message);

    std::vector<Block> blocks_ = {{Scope::module, {}}};
    std::optional<Block> announced_ = {};  // the last line was the head of this block, whose body must follow
    std::vector<Statement> statements_ = {};
    std::optional<SourceProblem> problem_ = {};
};

tl::expected<std::vector<Statement>, SourceProblem> Splitter::run(Tokens tokens) {
    for (std::size_t begin = 0, i = 0; i < tokens.size() && !problem_; ++i) {
        const TokenKind kind = tokens[i].kind;
        if (kind == TokenKind::newline) take_line(tokens.subspan(begin, i - begin));
        if (kind == TokenKind::indent) indent(tokens[i].line);
        if (kind == TokenKind::dedent) blocks_.pop_back();
        if (kind == TokenKind::newline || kind == TokenKind::indent || kind == TokenKind::dedent) begin = i + 1;
    }
    if (problem_) return tl::make_unexpected(std::move(*problem_));
    return std::move(statements_);
}

void Splitter::refuse(int line, std::string message) { problem_ = SourceProblem{line, std::move(message)}; }

void Splitter::indent(int line) {
    if (!announced_) return refuse(line, "line is indented, but begins no block; indent it like the line before");
    blocks_.push_back(*std::exchange(announced_, std::nullopt));
}

void Splitter::take_line(Tokens line) {
    if (announced_) return refuse(line.front().line, "block has no body; indent the line");
    if (opens_block(line, blocks_.back().keyword)) return take_block_line(line);
    take_simple(line, blocks_.back(), level());
}

void Splitter::take_block_line(Tokens line) {
    const Block outer = blocks_.back();
    const auto colon = find_colon(line);
    if (!colon) return refuse(line.front().line, "block has no \":\"; add it");
    const auto head = line.first(*colon);
    const auto body = line.subspan(*colon + 1);
    const Block inner{scope_inside(outer.scope, keyword_of(head)), keyword_of(head)};
    statements_.push_back({head, outer.scope, outer.keyword, level()});
    if (body.empty()) {
        announced_ = inner;
    } else {
        take_simple(body, inner, level() + 1);
    }
}

// Several simple statements may share a line.
void Splitter::take_simple(Tokens line, Block block, std::size_t level) {
    for (std::size_t begin = 0, i = 0; i <= line.size(); ++i) {
        if (i < line.size() && !line[i].is(";")) continue;
        if (i > begin) statements_.push_back({line.subspan(begin, i - begin), block.scope, block.keyword, level});
        begin = i + 1;
    }
}

}  // namespace

tl::expected<std::vector<Statement>, SourceProblem> python_statements(Tokens tokens) { return Splitter{}.run(tokens); }

}  // namespace schemalatch::bake
