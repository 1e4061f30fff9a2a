#include "sidecar/http/head_filter.h"

#include <algorithm>

namespace schemalatch::http {

namespace {

constexpr std::string_view kBlanks = " \t\r";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view name, std::string_view lower_case) {
    return std::equal(name.begin(), name.end(), lower_case.begin(), lower_case.end(),
                      [](char a, char b) { return lower(a) == b; });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// RFC 9110's tchar: what a method may consist of.
bool is_token_character(char c) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || others.find(c) != std::string_view::npos;
}

bool is_other_method(std::string_view word) {
    if (word.empty() || word == "GET" || word == "HEAD") return false;
    return std::all_of(word.begin(), word.end(), is_token_character);
}

// Cut at LF, as cpp-httplib does, so that both see the same lines. The LF is part of the line.
std::string_view next_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
    rest.remove_prefix(line.size());
    return line;
}

bool says_body(std::string_view header) {
    const auto colon = header.find(':');
    if (colon == std::string_view::npos) return false;
    const auto name = trimmed(header.substr(0, colon));
    if (same_name(name, "transfer-encoding")) return true;
    return same_name(name, "content-length") && trimmed(header.substr(colon + 1)) != "0";
}

}  // namespace

FilteredHead filter_head(std::string_view head) {
    const auto request_line = next_line(head);
    const auto method = request_line.substr(0, request_line.find(' '));

    FilteredHead filtered;
    if (is_other_method(method)) {
        filtered.text.append("OPTIONS").append(request_line.substr(method.size()));
    } else {
        filtered.text = request_line;
    }
    filtered.text += "\r\n";
    while (!head.empty() && !filtered.announces_body) {
        auto line = next_line(head);
        line.remove_suffix(line.ends_with('\n') ? 1 : 0);
        filtered.announces_body = says_body(line);
    }
    return filtered;
}

}  // namespace schemalatch::http
