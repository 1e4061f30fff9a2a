#include "probes/model/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace schemalatch::model {

namespace {

constexpr std::size_t kLongest = 400;  // bytes; a reason with two such ids still fits a terminal screen
constexpr std::size_t kMostListed = 5;

// Characters that end a line, turn the direction of what follows, or cannot be seen. UTF-8 sorts as code points do.
bool misleads(std::string_view character) {
    struct Range {
        std::string_view first;
        std::string_view last;
    };
    constexpr std::array<Range, 8> kRanges{{
        {"\u00ad", "\u00ad"},          // soft hyphen
        {"\u061c", "\u061c"},          // Arabic letter mark
        {"\u180e", "\u180e"},          // Mongolian vowel separator
        {"\u200b", "\u200f"},          // blanks and joiners without width, marks of direction
        {"\u2028", "\u202e"},          // ends of lines, embeddings, overrides
        {"\u2060", "\u206f"},          // what has no width, isolates, shaping
        {"\ufeff", "\ufeff"},          // byte order mark
        {"\U000e0000", "\U000e007f"},  // tags: ASCII that nobody sees
    }};
    return std::any_of(kRanges.begin(), kRanges.end(),
                       [&](const auto& range) { return character >= range.first && character <= range.last; });
}

// Length of the well-formed UTF-8 sequence at the front, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                               : (lead & 0xF0) == 0xE0        ? 3
                               : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                              : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
    const bool beyond = lead == 0xF4 && byte(1) >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

// Of the character at the front, 0 if it cannot be shown. C1 controls cannot: some terminals obey them.
std::size_t shown_length(std::string_view text) {
    const std::size_t length = utf8_length(text);
    const bool c1 = length == 2 && text.substr(0, 2) < "\u00a0";
    return c1 || misleads(text.substr(0, length)) ? 0 : length;
}

std::string escaped(char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    return {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xF]};
}

bool is_control(char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; }

std::string one_line(std::string_view text, std::size_t longest) {
    std::string line;
    while (!text.empty()) {
        if (line.size() >= longest) return line + "...";
        const std::size_t length = shown_length(text);
        if (length == 0 || is_control(text.front())) {
            line += escaped(text.front());
            text.remove_prefix(1);
        } else {
            line += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return line;
}

}  // namespace

std::string printable(std::string_view text) { return one_line(text, kLongest); }

std::string one_line(std::string_view text) { return one_line(text, std::string_view::npos); }

std::string quoted(std::string_view text) {
    if (may_hold_secret(text)) return "(not shown: it may hold a password)";
    return "\"" + printable(text) + "\"";
}

bool may_hold_secret(std::string_view text) {
    return text.find("://") != std::string_view::npos || text.find("password=") != std::string_view::npos;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string listed(const std::vector<std::string>& ids) {
    std::string line;
    const std::size_t shown = std::min(ids.size(), kMostListed);
    for (std::size_t i = 0; i < shown; ++i) line += (i == 0 ? "" : ", ") + printable(ids[i]);
    if (ids.size() > shown) line += " and " + std::to_string(ids.size() - shown) + " more";
    return line;
}

}  // namespace schemalatch::model
