#include "sidecar/bake/python_literal.h"

#include <optional>
#include <utility>

#include "sidecar/bake/python_strings.h"

namespace schemalatch::bake {

namespace {

using Read = tl::expected<Literal, std::string>;

tl::unexpected<std::string> computed() { return tl::unexpected<std::string>{"computed"}; }

// Recursive, but never deeper than the lexer lets brackets nest.
class LiteralReader {
public:
    explicit LiteralReader(Tokens value) : rest_{value} {}

    Read run();

private:
    bool next_is(std::string_view word) const { return !rest_.empty() && rest_.front().is(word); }
    bool take(std::string_view word);
    Read read_list_without_brackets();
    Read read_sequence(Texts begun);
    Read read_item();
    Read read_strings();
    Read read_in_round_brackets();

    Tokens rest_;
};

bool LiteralReader::take(std::string_view word) {
    if (!next_is(word)) return false;
    rest_ = rest_.subspan(1);
    return true;
}

Read LiteralReader::run() {
    auto value = read_list_without_brackets();
    if (value && !rest_.empty()) return computed();
    return value;
}

// One value, or a tuple: commas make it, not brackets.
Read LiteralReader::read_list_without_brackets() {
    auto first = read_item();
    if (!first || !take(",")) return first;
    const auto* text = std::get_if<std::string>(&*first);
    if (text == nullptr) return computed();
    return read_sequence({*text});
}

// More items, up to the end or to a closing bracket, which is not taken.
Read LiteralReader::read_sequence(Texts begun) {
    while (!rest_.empty() && !next_is(")") && !next_is("]")) {
        auto item = read_item();
        if (!item) return item;
        auto* text = std::get_if<std::string>(&*item);
        if (text == nullptr) return computed();
        begun.push_back(std::move(*text));
        if (!take(",")) break;
    }
    return begun;
}

Read LiteralReader::read_item() {
    if (take("None")) return None{};
    if (take("(")) return read_in_round_brackets();
    if (take("[")) {
        auto list = read_sequence({});
        if (list && !take("]")) return computed();
        return list;
    }
    return read_strings();
}

Read LiteralReader::read_in_round_brackets() {
    if (take(")")) return Texts{};
    auto value = read_list_without_brackets();
    if (value && !take(")")) return computed();
    return value;
}

// Strings that stand side by side are one.
Read LiteralReader::read_strings() {
    std::optional<std::string> all;
    for (; !rest_.empty() && rest_.front().kind == TokenKind::string; rest_ = rest_.subspan(1)) {
        auto text = string_literal_text(rest_.front().text);
        if (!text) return tl::make_unexpected(std::move(text.error()));
        all = all.value_or("") + *text;
    }
    if (!all) return computed();
    return *all;
}

}  // namespace

Read read_literal(Tokens value) { return LiteralReader{value}.run(); }

}  // namespace schemalatch::bake
