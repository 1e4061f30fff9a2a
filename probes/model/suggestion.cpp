#include "probes/model/suggestion.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace schemalatch::model {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion(std::string_view unknown, const std::vector<std::string_view>& names) {
    constexpr std::size_t kLongest = 100;  // the distance takes time for each pair of letters
    if (unknown.size() > kLongest) return "";
    constexpr std::size_t kCloseEnough = 3;  // edits, and no more than half of the name
    const auto distance = [&](std::string_view name) { return edit_distance(unknown, name); };
    const auto nearest =
        std::min_element(names.begin(), names.end(), [&](auto a, auto b) { return distance(a) < distance(b); });
    if (nearest == names.end() || distance(*nearest) > std::min(kCloseEnough, nearest->size() / 2)) return "";
    return "; did you mean \"" + std::string{*nearest} + "\"?";
}

}  // namespace schemalatch::model
