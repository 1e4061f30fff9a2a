#include "probes/model/revision_cycle.h"

#include <algorithm>
#include <cstddef>

namespace schemalatch::model {

namespace {

// A revision on the way from one to its ancestors, and which of its parents comes next.
struct Step {
    const std::string* id;
    std::size_t next = 0;
};

// The revisions of one cycle, each followed by its parent, the first one again at the end.
std::vector<std::string> cycle_in(const std::vector<Step>& path, const std::string& again) {
    const auto begin = std::find_if(path.begin(), path.end(), [&](const Step& step) { return *step.id == again; });
    std::vector<std::string> cycle;
    for (auto step = begin; step != path.end(); ++step) cycle.push_back(*step->id);
    if (!cycle.empty()) cycle.push_back(again);
    return cycle;
}

// Depth first; `done` are revisions that lead to no cycle.
std::vector<std::string> find_cycle_from(const std::string& start, const Parents& parents, Revisions& done) {
    std::vector<Step> path{{&start}};
    while (!path.empty()) {
        Step& step = path.back();
        const auto& above = parents.at(*step.id);
        if (step.next == above.size()) {
            done.insert(*step.id);
            path.pop_back();
            continue;
        }
        const std::string& parent = above[step.next++];
        if (auto cycle = cycle_in(path, parent); !cycle.empty()) return cycle;
        if (!done.contains(parent)) path.push_back({&parent});
    }
    return {};
}

}  // namespace

std::vector<std::string> find_cycle(const Parents& parents) {
    Revisions done;
    for (const auto& [id, above] : parents) {
        if (done.contains(id)) continue;
        if (auto cycle = find_cycle_from(id, parents, done); !cycle.empty()) return cycle;
    }
    return {};
}

}  // namespace schemalatch::model
