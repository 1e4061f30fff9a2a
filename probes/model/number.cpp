#include "probes/model/number.h"

#include <algorithm>

namespace schemalatch::model {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::strong_ordering compare_magnitude(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    return a.compare(b) <=> 0;
}

}  // namespace

std::optional<Number> Number::parse(std::string_view text) {
    const bool minus = text.starts_with('-');
    if (minus) text.remove_prefix(1);
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
    const auto first = text.find_first_not_of('0');
    if (first == std::string_view::npos) return Number{false, "0"};
    return Number{minus, std::string{text.substr(first)}};
}

std::strong_ordering Number::operator<=>(const Number& other) const {
    if (negative_ != other.negative_) return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
    return negative_ ? compare_magnitude(other.digits_, digits_) : compare_magnitude(digits_, other.digits_);
}

}  // namespace schemalatch::model
