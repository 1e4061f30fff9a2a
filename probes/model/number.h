// A schema version that is one whole number, of any length.
//
// Tools store timestamps, counters and 64-bit unsigned integers; some have no limit at all. So digits are kept, never a
// machine integer. Pure.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace schemalatch::model {

class Number {
public:
    // Digits with an optional leading minus, nothing else: no blank, no plus sign, no fraction. Leading zeros are
    // accepted and dropped ("007" is 7, "-0" is 0). Anything else gives nullopt.
    static std::optional<Number> parse(std::string_view text);

    std::string text() const { return negative_ ? "-" + digits_ : digits_; }

    bool is_negative() const { return negative_; }

    std::strong_ordering operator<=>(const Number& other) const;
    bool operator==(const Number&) const = default;

private:
    Number(bool negative, std::string digits) : negative_{negative}, digits_{std::move(digits)} {}

    bool negative_;
    std::string digits_;  // at least one, no leading zero but for zero itself, which is never negative
};

}  // namespace schemalatch::model
