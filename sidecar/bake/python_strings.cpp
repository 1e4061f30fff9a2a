#include "sidecar/bake/python_strings.h"

#include <algorithm>
#include <array>
#include <utility>

namespace schemalatch::bake {

namespace {

// Python's own limit is 150; a bound is needed since reading them is recursive.
constexpr int kDeepestFormatString = 100;

constexpr std::array<std::string_view, 11> kPrefixes{"r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"};

constexpr std::array<std::pair<char, char>, 10> kEscapes{{{'\\', '\\'},
                                                          {'\'', '\''},
                                                          {'"', '"'},
                                                          {'a', '\a'},
                                                          {'b', '\b'},
                                                          {'f', '\f'},
                                                          {'n', '\n'},
                                                          {'r', '\r'},
                                                          {'t', '\t'},
                                                          {'v', '\v'}}};

std::string lower_case(std::string_view letters) {
    std::string lower{letters};
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool has_letter(std::string_view prefix, std::string_view either) {
    return lower_case(prefix).find_first_of(either) != std::string::npos;
}

bool is_format(std::string_view prefix) { return has_letter(prefix, "ft"); }

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

bool is_newline(char c) { return c == '\n' || c == '\r'; }

bool is_triple(std::string_view quote) { return quote.size() == 3; }

// One quote or three of them.
std::string_view quote_at(std::string_view source, std::size_t at) {
    const auto three = source.substr(at, 3);
    const bool triple = three.size() == 3 && three[1] == three[0] && three[2] == three[0];
    return three.substr(0, triple ? 3 : 1);
}

// A backslash and what it takes along, which may be a line ending of two bytes.
std::size_t after_escape(std::string_view source, std::size_t at) {
    return at + (source.substr(at + 1).starts_with("\r\n") ? 3 : 2);
}

// Every literal but format strings: the first closing quote ends it.
std::optional<std::size_t> plain_end(std::string_view source, std::size_t quote_begin) {
    const auto quote = quote_at(source, quote_begin);
    for (std::size_t at = quote_begin + quote.size(); at < source.size();) {
        if (source.substr(at).starts_with(quote)) return at + quote.size();
        if (!is_triple(quote) && is_newline(source[at])) return std::nullopt;
        at = source[at] == '\\' ? after_escape(source, at) : at + 1;
    }
    return std::nullopt;
}

// Format strings as Python reads them since 3.12: what stands between braces is code, and may hold the same quotes
// again. Older ones end them at the first closing quote, but then accept only what newer ones end there too.
class FormatString {
public:
    FormatString(std::string_view source, std::size_t quote_begin, int level)
        : source_{source}, at_{quote_begin}, quote_{quote_at(source, quote_begin)}, level_{level} {}

    std::optional<std::size_t> end();

private:
    bool skip_text(std::string_view closing);
    bool skip_field();
    bool skip_format();
    void skip_comment();
    bool skip_nested();
    std::string_view prefix_before_quote() const;
    std::size_t after_text_character() const;
    bool breaks_line() const { return !is_triple(quote_) && is_newline(source_[at_]); }

    std::string_view source_;
    std::size_t at_;
    std::string_view quote_;
    int level_;
};

std::optional<std::size_t> FormatString::end() {
    at_ += quote_.size();
    if (!skip_text(quote_)) return std::nullopt;
    return at_;
}

// A backslash does not take a brace along; doubled braces are text, though not in a format like `{x:>{{...`.
std::size_t FormatString::after_text_character() const {
    const auto rest = source_.substr(at_);
    if (rest.starts_with("{{") || rest.starts_with("}}")) return at_ + 2;
    const bool takes_along = rest[0] == '\\' && rest.size() > 1 && rest[1] != '{' && rest[1] != '}';
    return takes_along ? after_escape(source_, at_) : at_ + 1;
}

// Literal text up to the closing quote, or the format of a field up to its closing brace.
bool FormatString::skip_text(std::string_view closing) {
    const bool in_format = closing == "}";
    while (at_ < source_.size()) {
        const auto rest = source_.substr(at_);
        if (rest.starts_with(closing)) {
            at_ += closing.size();
            return true;
        }
        if (breaks_line() || rest.starts_with(quote_)) return false;
        if (rest[0] == '{' && (in_format || !rest.starts_with("{{"))) {
            ++at_;
            if (!skip_field()) return false;
        } else {
            at_ = after_text_character();
        }
    }
    return false;
}

// The code between braces, which may take several lines. Nobody joins those by backslashes.
bool FormatString::skip_field() {
    for (int open = 0; at_ < source_.size();) {
        const char c = source_[at_];
        if (c == '\\') return false;
        if (c == '\'' || c == '"') {
            if (!skip_nested()) return false;
            continue;
        }
        if (c == '#') skip_comment();
        ++at_;
        if (c == ':' && open == 0) return skip_format();
        if (c == '}' && open == 0) return true;
        if (c == '(' || c == '[' || c == '{') ++open;
        if (c == ')' || c == ']' || c == '}') --open;
        if (open < 0) return false;
    }
    return false;
}

void FormatString::skip_comment() {
    while (at_ < source_.size() && !is_newline(source_[at_])) ++at_;
}

bool FormatString::skip_format() {
    if (level_ >= kDeepestFormatString) return false;
    ++level_;
    const bool closed = skip_text("}");
    --level_;
    return closed;
}

// The letters before a quote are its prefix only if they are not the end of a word, as in `if"a"`.
std::string_view FormatString::prefix_before_quote() const {
    std::size_t begin = at_;
    while (begin > 0 && is_name_character(source_[begin - 1])) --begin;
    const auto word = source_.substr(begin, at_ - begin);
    return is_string_prefix(word) ? word : std::string_view{};
}

bool FormatString::skip_nested() {
    const bool format = is_format(prefix_before_quote());
    if (format && level_ >= kDeepestFormatString) return false;
    const auto after = format ? FormatString{source_, at_, level_ + 1}.end() : plain_end(source_, at_);
    if (after) at_ = *after;
    return after.has_value();
}

std::string_view without_quotes(std::string_view quoted) {
    const auto quote = quote_at(quoted, 0);
    return quoted.substr(quote.size(), quoted.size() - 2 * quote.size());
}

// Python reads every line ending as "\n".
std::string with_plain_newlines(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at).starts_with("\r\n")) continue;
        plain += text[at] == '\r' ? '\n' : text[at];
    }
    return plain;
}

// The character that a backslash and `letter` stand for. Numbers and names of characters are left out: nobody writes an
// id so.
std::optional<char> escaped(char letter) {
    const auto found =
        std::find_if(kEscapes.begin(), kEscapes.end(), [letter](const auto& escape) { return escape.first == letter; });
    if (found == kEscapes.end()) return std::nullopt;
    return found->second;
}

tl::expected<std::string, std::string> without_escapes(const std::string& text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            plain += text[at];
            continue;
        }
        const char letter = text[++at];
        if (letter == '\n') continue;
        const auto c = escaped(letter);
        if (!c) return tl::make_unexpected("a string with an escape that is not understood");
        plain += *c;
    }
    return plain;
}

}  // namespace

bool is_string_prefix(std::string_view letters) {
    return std::find(kPrefixes.begin(), kPrefixes.end(), lower_case(letters)) != kPrefixes.end();
}

std::optional<std::size_t> string_literal_end(std::string_view source, std::size_t begin, std::size_t prefix_size) {
    const auto quote_begin = begin + prefix_size;
    if (is_format(source.substr(begin, prefix_size))) return FormatString{source, quote_begin, 0}.end();
    return plain_end(source, quote_begin);
}

tl::expected<std::string, std::string> string_literal_text(std::string_view literal) {
    const auto prefix = literal.substr(0, literal.find_first_of("'\""));
    if (is_format(prefix)) return tl::make_unexpected("an f-string");
    if (has_letter(prefix, "b")) return tl::make_unexpected("bytes");
    auto text = with_plain_newlines(without_quotes(literal.substr(prefix.size())));
    if (has_letter(prefix, "r")) return text;
    return without_escapes(text);
}

}  // namespace schemalatch::bake
