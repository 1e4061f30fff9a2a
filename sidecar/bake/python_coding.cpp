#include "sidecar/bake/python_coding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace schemalatch::bake {

namespace {

constexpr std::array<std::string_view, 9> kSupersetsOfAscii{"ascii", "us-ascii",    "latin", "iso-8859", "iso8859",
                                                            "cp125", "windows-125", "koi8",  "iso-latin"};

// Letters that no compatibility form of ASCII is among: Latin with accents, Greek, Cyrillic and so on, Han, Hangul.
struct Range {
    std::uint32_t first;
    std::uint32_t last;
};
constexpr std::array<Range, 7> kThemselves{{{0xC0, 0x131},
                                            {0x134, 0x17E},
                                            {0x180, 0x1C6},
                                            {0x1CD, 0x1F0},
                                            {0x370, 0x1D2B},
                                            {0x2C80, 0xA7F1},
                                            {0xAC00, 0xD7FF}}};

bool stays_itself(std::uint32_t character) {
    return std::any_of(kThemselves.begin(), kThemselves.end(),
                       [&](const Range& range) { return character >= range.first && character <= range.last; });
}

// Takes a character of two or three bytes off. 0: there is none, or these bytes are no UTF-8.
std::uint32_t take_character(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
    const std::size_t size = byte(0) >= 0xC2 && byte(0) < 0xE0 ? 2 : byte(0) >= 0xE0 && byte(0) < 0xF0 ? 3 : 1;
    std::uint32_t character = byte(0) & (0xFFU >> (size + 1));
    bool whole = size > 1;
    for (std::size_t i = 1; i < size; ++i) {
        whole = whole && (byte(i) & 0xC0U) == 0x80U;
        character = character << 6 | (byte(i) & 0x3FU);
    }
    text.remove_prefix(whole ? size : 1);
    return whole ? character : 0;
}

std::string_view take_line(std::string_view& text) {
    const auto end = std::min(text.find_first_of("\r\n"), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
    return line;
}

bool holds_code(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t\f");
    return begin != std::string_view::npos && line[begin] != '#';
}

bool is_coding_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

char normalized(char c) {
    if (c == '_') return '-';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// What follows `coding:` or `coding=`, in lower case and with "-" for "_".
std::optional<std::string> coding_in_comment(std::string_view line) {
    for (auto at = line.find("coding"); at != std::string_view::npos; at = line.find("coding", at + 1)) {
        auto rest = line.substr(at + 6);
        if (!rest.starts_with(':') && !rest.starts_with('=')) continue;
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t", 1), rest.size()));
        const auto end = std::find_if_not(rest.begin(), rest.end(), is_coding_character);
        std::string name{rest.begin(), end};
        std::transform(name.begin(), name.end(), name.begin(), normalized);
        if (!name.empty()) return name;
    }
    return std::nullopt;
}

// The first line may name the coding, or the second one if the first holds no code.
std::optional<std::string> declared_coding(std::string_view source) {
    for (int line_number = 1; line_number <= 2; ++line_number) {
        const auto line = take_line(source);
        if (holds_code(line)) return std::nullopt;
        if (auto name = coding_in_comment(line)) return name;
    }
    return std::nullopt;
}

}  // namespace

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

bool may_mean_ascii(std::string_view name) {
    if (is_ascii(name)) return false;
    while (!name.empty()) {
        if (stays_itself(take_character(name))) return false;
    }
    return true;
}

Coding python_coding(std::string_view source) {
    const auto name = declared_coding(source);
    if (!name || name->starts_with("utf-8") || *name == "utf8") return Coding::utf8;
    const auto is_of = [&name](std::string_view family) { return name->starts_with(family); };
    const bool superset = std::any_of(kSupersetsOfAscii.begin(), kSupersetsOfAscii.end(), is_of);
    return superset ? Coding::other_than_utf8 : Coding::not_understood;
}

}  // namespace schemalatch::bake
