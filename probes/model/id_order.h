// How the ids of migrations relate to each other, for tools that keep all that they have applied. Pure.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace schemalatch::model {

enum class IdOrder {
    none,    // Names: equal or not, and none stands before another.
    text,    // Names that stand in the order of their bytes.
    number,  // One whole number of any length: 007 is 7.
    dotted,  // Whole numbers of any length between dots: 1 is 1.0 is 01. What begins with "R__" is a repeatable
             // migration, which has a name in place of a version and stands before and behind nothing.
};

// The one spelling of all equal ids: "7" of "007", "1.2" of "1.02.0". nullopt: the text is no id in this order.
std::optional<std::string> canonical_id(std::string_view text, IdOrder order);

// Whether the id stands somewhere in the order at all.
bool is_ordered(std::string_view canonical, IdOrder order);

// Of ids in their canonical spelling. unordered: none stands before the other.
std::partial_ordering compare_ids(std::string_view a, std::string_view b, IdOrder order);

}  // namespace schemalatch::model
