#include "sidecar/bake/django_names.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sidecar/bake/python_literal.h"

namespace schemalatch::bake {

namespace {

using Checked = std::optional<std::string>;

constexpr const char* kComputed = "computed";

class NamesReader {
public:
    explicit NamesReader(Tokens value) : rest_{value} {}

    tl::expected<DjangoNames, std::string> run();

private:
    bool next_is(std::string_view word) const { return !rest_.empty() && rest_.front().is(word); }
    bool take(std::string_view word);
    Tokens take_bracket();
    Checked read_entry();
    Checked read_pair();
    Checked read_call();
    Checked take_swappable(Tokens argument);

    Tokens rest_;
    DjangoNames read_ = {};
};

bool NamesReader::take(std::string_view word) {
    if (!next_is(word)) return false;
    rest_ = rest_.subspan(1);
    return true;
}

// From an opening bracket to its closing one.
Tokens NamesReader::take_bracket() {
    const int depth = rest_.front().depth;
    const auto closes = [&](const Token& token) {
        return token.depth == depth && (token.is(")") || token.is("]") || token.is("}"));
    };
    const auto end = std::find_if(rest_.begin() + 1, rest_.end(), closes);
    const auto size = static_cast<std::size_t>(end - rest_.begin()) + (end == rest_.end() ? 0 : 1);
    const auto bracket = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bracket;
}

tl::expected<DjangoNames, std::string> NamesReader::run() {
    const std::string_view closing = next_is("[") ? "]" : ")";
    if (!take("[") && !take("(")) return tl::make_unexpected(std::string{kComputed});
    while (!rest_.empty() && !next_is(closing)) {
        if (auto problem = read_entry()) return tl::make_unexpected(std::move(*problem));
        if (!take(",")) break;
    }
    if (!take(closing) || !rest_.empty()) return tl::make_unexpected(std::string{kComputed});
    return std::move(read_);
}

Checked NamesReader::read_entry() {
    if (next_is("(") || next_is("[")) return read_pair();
    if (!rest_.empty() && rest_.front().kind == TokenKind::name) return read_call();
    return "no list of pairs";
}

Checked NamesReader::read_pair() {
    auto literal = read_literal(take_bracket());
    if (!literal) return literal.error();
    auto* texts = std::get_if<Texts>(&*literal);
    if (texts == nullptr || texts->size() != 2) return kComputed;
    read_.names.push_back({std::move((*texts)[0]), std::move((*texts)[1])});
    return std::nullopt;
}

// migrations.swappable_dependency(...), however the module is called.
Checked NamesReader::read_call() {
    Token last = rest_.front();
    while (!rest_.empty() && !next_is("(")) {
        last = rest_.front();
        if (last.kind != TokenKind::name && !last.is(".")) return kComputed;
        rest_ = rest_.subspan(1);
    }
    if (rest_.empty() || !last.is("swappable_dependency")) return kComputed;
    const auto bracket = take_bracket();
    return bracket.size() < 3 ? Checked{kComputed} : take_swappable(bracket.subspan(1, bracket.size() - 2));
}

// A setting's name, or the model itself: "app.Model".
Checked NamesReader::take_swappable(Tokens argument) {
    const auto literal = read_literal(argument);
    if (const auto* model = literal ? std::get_if<std::string>(&*literal) : nullptr) {
        read_.names.push_back({model->substr(0, model->find('.')), "__first__"});
        return std::nullopt;
    }
    std::string setting;
    for (const auto& token : argument) {
        if (token.kind != TokenKind::name && !token.is(".")) return kComputed;
        setting += token.text;
    }
    read_.swappable.push_back(std::move(setting));
    return std::nullopt;
}

}  // namespace

tl::expected<DjangoNames, std::string> read_django_names(Tokens value) { return NamesReader{value}.run(); }

}  // namespace schemalatch::bake
