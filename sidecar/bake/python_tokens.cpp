#include "sidecar/bake/python_tokens.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "sidecar/bake/python_strings.h"

namespace schemalatch::bake {

namespace {

constexpr std::size_t kDeepestBrackets = 200;  // as in CPython
constexpr int kTabStop = 8;                    // as in CPython

// Longest first.
constexpr std::array<std::string_view, 24> kLongOperators{
    "**=", "//=", ">>=", "<<=", "...", "==", "!=", "<=", ">=", ":=", "->", "+=",
    "-=",  "*=",  "/=",  "%=",  "@=",  "&=", "|=", "^=", "**", "//", "<<", ">>"};
constexpr std::string_view kShortOperators = "+-*/%@&|^~<>()[]{},:.;=";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_newline(char c) { return c == '\n' || c == '\r'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

// Bytes beyond ASCII too: identifiers may hold them.
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

char closing_of(char opening) { return opening == '(' ? ')' : opening == '[' ? ']' : '}'; }

// Python compares indentation twice, with tabs wide and with tabs narrow, and refuses where the two disagree.
struct Column {
    int wide = 0;
    int narrow = 0;
};

struct Bracket {
    char opening;
    int line;
};

class Lexer {
public:
    explicit Lexer(std::string_view source) : source_{source} {
        if (source_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    tl::expected<std::vector<Token>, SourceProblem> run();

private:
    bool at_end() const { return at_ >= source_.size(); }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

    void refuse_nul_bytes();
    void begin_line();
    Column skip_indentation();
    void place_line(Column column);
    void next_token();
    void end_line();
    void take_newline();
    void join_lines();
    void skip_comment();
    void read_name();
    void read_number();
    void read_string(std::size_t prefix_size);
    void read_symbol();
    void track_bracket(char bracket);
    void push(TokenKind kind, std::size_t size);
    void finish();
    void refuse(int line, std::string message);

    std::string_view source_;
    std::size_t at_ = 0;
    int line_ = 1;
    bool line_begins_ = true;
    std::vector<Column> indents_ = {Column{}};
    std::vector<Bracket> brackets_ = {};
    std::vector<Token> tokens_ = {};
    std::optional<SourceProblem> problem_ = {};
};

tl::expected<std::vector<Token>, SourceProblem> Lexer::run() {
    refuse_nul_bytes();
    while (!at_end()) {
        if (line_begins_) {
            begin_line();
        } else {
            next_token();
        }
    }
    finish();
    if (problem_) return tl::make_unexpected(std::move(*problem_));
    return std::move(tokens_);
}

void Lexer::refuse_nul_bytes() {
    const auto nul = source_.find('\0');
    if (nul == std::string_view::npos) return;
    const auto lines_before = std::count(source_.begin(), source_.begin() + static_cast<std::ptrdiff_t>(nul), '\n');
    refuse(static_cast<int>(lines_before) + 1, "file holds a NUL byte; save it as UTF-8 text");
}

// The first problem counts; what comes after it is not read.
void Lexer::refuse(int line, std::string message) {
    if (!problem_) problem_ = SourceProblem{line, std::move(message)};
    at_ = source_.size();
}

void Lexer::push(TokenKind kind, std::size_t size) {
    tokens_.push_back({kind, source_.substr(at_, size), line_, static_cast<int>(brackets_.size())});
    at_ += size;
}

// Blank lines and comments have no indentation.
void Lexer::begin_line() {
    const Column column = skip_indentation();
    if (peek() == '#') skip_comment();
    if (at_end()) return;
    if (is_newline(peek())) return take_newline();
    // How deep such a line stands has changed between Python versions.
    if (peek() == '\\') return refuse(line_, "line begins with a backslash; join it with the line before");
    line_begins_ = false;
    place_line(column);
}

Column Lexer::skip_indentation() {
    Column column;
    for (; is_blank(peek()); ++at_) {
        if (peek() == '\f') {
            column = {};
        } else {
            column.wide = peek() == '\t' ? (column.wide / kTabStop + 1) * kTabStop : column.wide + 1;
            ++column.narrow;
        }
    }
    return column;
}

void Lexer::place_line(Column column) {
    if (column.wide > indents_.back().wide) {
        if (column.narrow <= indents_.back().narrow)
            return refuse(line_, "tabs and blanks are mixed; indent with blanks");
        indents_.push_back(column);
        return push(TokenKind::indent, 0);
    }
    while (column.wide < indents_.back().wide) {
        indents_.pop_back();
        push(TokenKind::dedent, 0);
    }
    if (column.wide != indents_.back().wide) {
        return refuse(line_, "indentation fits no block around it; indent the line like its neighbours");
    }
    if (column.narrow != indents_.back().narrow) refuse(line_, "tabs and blanks are mixed; indent with blanks");
}

void Lexer::next_token() {
    const char c = peek();
    if (is_blank(c)) {
        ++at_;
    } else if (c == '#') {
        skip_comment();
    } else if (is_newline(c)) {
        end_line();
    } else if (c == '\\') {
        join_lines();
    } else if (starts_name(c)) {
        read_name();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
        read_number();
    } else if (c == '\'' || c == '"') {
        read_string(0);
    } else {
        read_symbol();
    }
}

void Lexer::end_line() {
    if (brackets_.empty()) {
        push(TokenKind::newline, 0);
        line_begins_ = true;
    }
    take_newline();
}

void Lexer::take_newline() {
    at_ += source_.substr(at_).starts_with("\r\n") ? 2 : 1;
    ++line_;
}

void Lexer::join_lines() {
    const int line = line_;
    ++at_;
    if (!is_newline(peek())) return refuse(line, "backslash stands within a line; remove it");
    take_newline();
    if (at_end()) refuse(line, "file ends after a backslash; remove it");
}

void Lexer::skip_comment() {
    while (!at_end() && !is_newline(peek())) ++at_;
}

void Lexer::read_name() {
    std::size_t size = 0;
    while (continues_name(peek(size))) ++size;
    const char after = peek(size);
    if ((after == '\'' || after == '"') && is_string_prefix(source_.substr(at_, size))) return read_string(size);
    push(TokenKind::name, size);
}

// Roughly: `1e-5` becomes three tokens, and `0or` one. No number stands where a revision could.
void Lexer::read_number() {
    std::size_t size = 0;
    while (continues_name(peek(size)) || peek(size) == '.') ++size;
    push(TokenKind::number, size);
}

void Lexer::read_string(std::size_t prefix_size) {
    const auto end = string_literal_end(source_, at_, prefix_size);
    if (!end) return refuse(line_, "string is not closed; close it");
    const auto literal = source_.substr(at_, *end - at_);
    push(TokenKind::string, literal.size());
    for (std::size_t at = 0; at < literal.size(); ++at) {
        const bool crlf = literal.substr(at).starts_with("\r\n");
        if (is_newline(literal[at]) && !crlf) ++line_;
    }
}

void Lexer::read_symbol() {
    const auto rest = source_.substr(at_);
    for (const auto symbol : kLongOperators) {
        if (rest.starts_with(symbol)) return push(TokenKind::symbol, symbol.size());
    }
    if (kShortOperators.find(rest[0]) == std::string_view::npos) {
        return refuse(line_, "line holds a character that is not Python; remove it");
    }
    track_bracket(rest[0]);
}

void Lexer::track_bracket(char bracket) {
    const bool opens = bracket == '(' || bracket == '[' || bracket == '{';
    const bool closes = bracket == ')' || bracket == ']' || bracket == '}';
    if (closes) {
        if (brackets_.empty() || closing_of(brackets_.back().opening) != bracket) {
            return refuse(line_, std::string{"\""} + bracket + "\" closes no bracket; remove it");
        }
        brackets_.pop_back();
    }
    push(TokenKind::symbol, 1);
    if (!opens) return;
    if (brackets_.size() == kDeepestBrackets) return refuse(line_, "brackets are nested too deeply; unfold them");
    brackets_.push_back({bracket, line_});
}

void Lexer::finish() {
    if (!brackets_.empty()) {
        const auto open = brackets_.back();
        refuse(open.line, std::string{"\""} + open.opening + "\" is never closed; close it");
    }
    at_ = source_.size();
    if (!line_begins_) push(TokenKind::newline, 0);
    for (; indents_.size() > 1; indents_.pop_back()) push(TokenKind::dedent, 0);
}

}  // namespace

tl::expected<std::vector<Token>, SourceProblem> python_tokens(std::string_view source) { return Lexer{source}.run(); }

}  // namespace schemalatch::bake
