#include "probes/model/id_order.h"

#include <algorithm>

#include "probes/model/number.h"

namespace schemalatch::model {

namespace {

constexpr std::string_view kRepeatable = "R__";

bool is_repeatable(std::string_view id) { return id.starts_with(kRepeatable); }

// Takes the part up to the next dot off, with the dot.
std::string_view take_part(std::string_view& rest) {
    const auto part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    return part;
}

// A number without a sign.
std::optional<std::string> canonical_part(std::string_view part) {
    const auto number = part.starts_with('-') ? std::nullopt : Number::parse(part);
    return number ? std::optional{number->text()} : std::nullopt;
}

std::string without_trailing_zeros(std::string dotted) {
    while (dotted.ends_with(".0")) dotted.resize(dotted.size() - 2);
    return dotted;
}

std::optional<std::string> canonical_dotted(std::string_view text) {
    if (is_repeatable(text)) return std::string{text};
    if (text.empty() || text.ends_with('.')) return std::nullopt;
    std::string dotted;
    while (!text.empty()) {
        const auto part = canonical_part(take_part(text));
        if (!part) return std::nullopt;
        dotted += (dotted.empty() ? "" : ".") + *part;
    }
    return without_trailing_zeros(std::move(dotted));
}

// Canonical digits: the longer number is the greater one.
std::partial_ordering compare_parts(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

std::partial_ordering compare_dotted(std::string_view a, std::string_view b) {
    if (is_repeatable(a) || is_repeatable(b)) {
        return a == b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
    }
    while (!a.empty() && !b.empty()) {
        if (const auto order = compare_parts(take_part(a), take_part(b)); std::is_neq(order)) return order;
    }
    return a.size() <=> b.size();
}

std::partial_ordering compare_numbers(std::string_view a, std::string_view b) {
    return *Number::parse(a) <=> *Number::parse(b);
}

}  // namespace

std::optional<std::string> canonical_id(std::string_view text, IdOrder order) {
    switch (order) {
        case IdOrder::none:
        case IdOrder::text:
            return text.empty() ? std::nullopt : std::optional{std::string{text}};
        case IdOrder::number:
            if (const auto number = Number::parse(text)) return number->text();
            return std::nullopt;
        case IdOrder::dotted:
            return canonical_dotted(text);
    }
    return std::nullopt;
}

bool is_ordered(std::string_view canonical, IdOrder order) {
    return order != IdOrder::none && !(order == IdOrder::dotted && is_repeatable(canonical));
}

std::partial_ordering compare_ids(std::string_view a, std::string_view b, IdOrder order) {
    switch (order) {
        case IdOrder::none:
            return a == b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
        case IdOrder::text:
            return a.compare(b) <=> 0;
        case IdOrder::number:
            return compare_numbers(a, b);
        case IdOrder::dotted:
            return compare_dotted(a, b);
    }
    return std::partial_ordering::unordered;
}

}  // namespace schemalatch::model
