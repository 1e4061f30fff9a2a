#include "probes/model/observation.h"

#include <algorithm>
#include <array>
#include <utility>

namespace schemalatch::model {

namespace {

constexpr std::array<std::pair<std::string_view, Mark>, 6> kMarks{{{"clean", Mark::clean},
                                                                   {"dirty", Mark::dirty},
                                                                   {"undone", Mark::undone},
                                                                   {"deleted", Mark::deleted},
                                                                   {"half_undone", Mark::half_undone},
                                                                   {"baseline", Mark::baseline}}};

}  // namespace

std::optional<Mark> parse_mark(std::string_view text) {
    const auto found =
        std::find_if(kMarks.begin(), kMarks.end(), [&](const auto& known) { return known.first == text; });
    return found == kMarks.end() ? std::nullopt : std::optional{found->second};
}

std::string_view to_string(Mark mark) {
    const auto found =
        std::find_if(kMarks.begin(), kMarks.end(), [&](const auto& known) { return known.second == mark; });
    return found == kMarks.end() ? "" : found->first;
}

bool is_dirty(Mark mark) {
    switch (mark) {
        case Mark::dirty:
        case Mark::half_undone:
            return true;
        case Mark::clean:
        case Mark::undone:
        case Mark::deleted:
        case Mark::baseline:
            return false;
    }
    return false;
}

std::vector<std::string_view> dirty_marks() {
    std::vector<std::string_view> names;
    for (const auto& [name, mark] : kMarks) {
        if (is_dirty(mark)) names.push_back(name);
    }
    return names;
}

}  // namespace schemalatch::model
