#include "sidecar/bake/python_coding.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace schemalatch::bake {

namespace {

constexpr std::array<std::string_view, 9> kSupersetsOfAscii{"ascii", "us-ascii",    "latin", "iso-8859", "iso8859",
                                                            "cp125", "windows-125", "koi8",  "iso-latin"};

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

Coding python_coding(std::string_view source) {
    const auto name = declared_coding(source);
    if (!name || name->starts_with("utf-8") || *name == "utf8") return Coding::utf8;
    const auto is_of = [&name](std::string_view family) { return name->starts_with(family); };
    const bool superset = std::any_of(kSupersetsOfAscii.begin(), kSupersetsOfAscii.end(), is_of);
    return superset ? Coding::other_than_utf8 : Coding::not_understood;
}

}  // namespace schemalatch::bake
