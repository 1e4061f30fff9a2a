#include "sidecar/bake/selection.h"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "probes/model/printable.h"
#include "probes/model/suggestion.h"

namespace schemalatch::bake {

namespace {

using Ids = std::vector<std::string>;
using model::quoted;

// Which ids the patterns of --exclude name.
class Exclusion {
public:
    explicit Exclusion(const Ids& patterns) : patterns_{patterns} {}

    bool names(const std::string& id) {
        bool named = false;
        for (const auto& pattern : patterns_) {
            if (fnmatch(pattern.c_str(), id.c_str(), 0) != 0) continue;
            used_.insert(pattern);
            named = true;
        }
        return named;
    }

    // Of patterns that name nothing: a slip of the pen would be seen by nobody.
    Ids warnings() const {
        Ids warnings;
        for (const auto& pattern : patterns_) {
            if (!used_.contains(pattern)) warnings.push_back("--exclude " + quoted(pattern) + " names no migration");
        }
        return warnings;
    }

private:
    const Ids& patterns_;
    std::set<std::string> used_ = {};
};

std::string no_such(const std::string& upto, const Ids& ids) {
    const std::vector<std::string_view> names{ids.begin(), ids.end()};
    return "--upto " + quoted(upto) + " is none of the " + std::to_string(ids.size()) + " migrations" +
           model::suggestion(upto, names);
}

// Nothing would be left out, and the file would tell of an upto all the same.
std::string without_place(const std::string& upto) {
    return "--upto " + quoted(upto) +
           " is a repeatable migration, which has no place in the order; give a version, or --exclude what is not to "
           "be required";
}

constexpr const char* kNothingLeft = "nothing is left to require; give --upto and --exclude that leave something";

class Selector {
public:
    Selector(const model::Parents& builds_upon, const gate::Selection& selection, const model::Bookkeeping& books)
        : builds_upon_{builds_upon}, selection_{selection}, books_{books}, exclusion_{selection.exclude} {}

    tl::expected<gate::Needs, std::string> operator()(gate::NumberRequirement needs);
    tl::expected<gate::Needs, std::string> operator()(gate::GraphRequirement needs);
    tl::expected<gate::Needs, std::string> operator()(gate::SetRequirement needs);
    tl::expected<gate::Needs, std::string> operator()(gate::LiteralRequirement needs) { return needs; }

    Ids warnings() const { return exclusion_.warnings(); }

private:
    void restore_replaced(gate::SetRequirement& needs);
    bool comes_after_upto(const std::string& id, const std::string& upto, const model::Revisions& upper) const;
    model::Revisions all_upon(const std::string& id) const;

    const model::Parents& builds_upon_;
    const gate::Selection& selection_;
    const model::Bookkeeping& books_;
    Exclusion exclusion_;
};

tl::expected<gate::Needs, std::string> Selector::operator()(gate::NumberRequirement needs) {
    auto steps = needs.steps.empty() ? std::vector{needs.at_least} : needs.steps;
    const auto upto = model::Number::parse(selection_.upto);
    if (!selection_.upto.empty() && (!upto || std::find(steps.begin(), steps.end(), *upto) == steps.end())) {
        Ids ids;
        for (const auto& step : steps) ids.push_back(step.text());
        return tl::make_unexpected(no_such(selection_.upto, ids));
    }
    steps.erase(
        std::remove_if(steps.begin(), steps.end(),
                       [&](const auto& step) { return (upto && step > *upto) || exclusion_.names(step.text()); }),
        steps.end());
    if (steps.empty()) return tl::make_unexpected(std::string{kNothingLeft});
    needs.at_least = steps.back();
    if (!needs.steps.empty()) needs.steps = std::move(steps);
    return needs;
}

// Of the revisions that are left those upon which no other one of them builds.
Ids heads_of(const model::RevisionGraph& graph, const model::Revisions& revisions) {
    auto heads = revisions;
    for (const auto& id : revisions) {
        for (const auto& parent : graph.parents().at(id)) heads.erase(parent);
    }
    return {heads.begin(), heads.end()};
}

tl::expected<gate::Needs, std::string> Selector::operator()(gate::GraphRequirement needs) {
    if (!needs.ancestry) {
        if (!selection_.upto.empty())
            return tl::make_unexpected(
                "--upto " + quoted(selection_.upto) +
                ": nothing tells which revisions come after it; bake --from the versions folder");
        needs.revisions.erase(std::remove_if(needs.revisions.begin(), needs.revisions.end(),
                                             [&](const auto& id) { return exclusion_.names(id); }),
                              needs.revisions.end());
        return needs.revisions.empty() ? tl::make_unexpected(std::string{kNothingLeft})
                                       : tl::expected<gate::Needs, std::string>{std::move(needs)};
    }
    const auto& graph = *needs.ancestry;
    if (!selection_.upto.empty()) {
        if (!graph.contains(selection_.upto)) return tl::make_unexpected(no_such(selection_.upto, graph.in_order()));
        needs.revisions = {selection_.upto};
    }
    model::Revisions left;
    for (const auto& id : graph.closure(needs.revisions)) {
        if (!exclusion_.names(id)) left.insert(id);
    }
    for (const auto& id : left) {
        for (const auto& parent : graph.parents().at(id)) {
            if (!left.contains(parent))
                return tl::make_unexpected("--exclude names " + quoted(parent) + ", and " + quoted(id) +
                                           " builds upon it; exclude both or neither");
        }
    }
    if (left.empty()) return tl::make_unexpected(std::string{kNothingLeft});
    // depends_on may make a head of another branch an ancestor; without exclusions the heads stay as they were.
    if (left.size() < graph.closure(needs.revisions).size()) needs.revisions = heads_of(graph, left);
    return needs;
}

// Everything that has `id` among what it builds upon, however far below.
model::Revisions Selector::all_upon(const std::string& id) const {
    model::Revisions upper{id};
    for (std::size_t before = 0; before != upper.size();) {
        before = upper.size();
        for (const auto& [above, parents] : builds_upon_) {
            const bool upon =
                std::any_of(parents.begin(), parents.end(), [&](const auto& parent) { return upper.contains(parent); });
            if (upon) upper.insert(above);
        }
    }
    upper.erase(id);
    return upper;
}

bool is_later_in_the_same_app(const std::string& id, const std::string& upto) {
    const auto app = upto.substr(0, upto.find('.') + 1);
    return id.starts_with(app) && id > upto;
}

bool Selector::comes_after_upto(const std::string& id, const std::string& upto, const model::Revisions& upper) const {
    if (!builds_upon_.empty()) return upper.contains(id);
    if (books_.namespaced) return is_later_in_the_same_app(id, upto);
    const auto key = model::canonical_id(id, books_.ids), top = model::canonical_id(upto, books_.ids);
    return key && top && std::is_gt(compare_ids(*key, *top, books_.ids));
}

// What a squash replaces is not required because the squash stands for it. One that is left out stands for nothing:
// then what it replaces is required in its place, but for what a pattern names too.
void Selector::restore_replaced(gate::SetRequirement& needs) {
    std::map<std::string, gate::Item> known;
    for (auto& item : needs.others) known.emplace(item.id, item);
    std::set<std::string> there;
    for (const auto& item : needs.items) {
        there.insert(item.id);
        if (!exclusion_.names(item.id)) there.insert(item.replaces.begin(), item.replaces.end());
    }
    std::vector<gate::Item> items;
    // The next to be taken stands at the end.
    std::vector<gate::Item> open{std::make_move_iterator(needs.items.rbegin()),
                                 std::make_move_iterator(needs.items.rend())};
    while (!open.empty()) {
        auto item = std::move(open.back());
        open.pop_back();
        if (item.replaces.empty() || !exclusion_.names(item.id)) {
            items.push_back(std::move(item));
            continue;
        }
        for (auto id = item.replaces.rbegin(); id != item.replaces.rend(); ++id) {
            if (!there.insert(*id).second) continue;
            const auto told = known.find(*id);
            open.push_back(told == known.end() ? gate::Item{*id} : told->second);
        }
    }
    needs.items = std::move(items);
    std::set<std::string> required;
    for (const auto& item : needs.items) required.insert(item.id);
    needs.others.erase(std::remove_if(needs.others.begin(), needs.others.end(),
                                      [&](const auto& other) { return required.contains(other.id); }),
                       needs.others.end());
}

tl::expected<gate::Needs, std::string> Selector::operator()(gate::SetRequirement needs) {
    restore_replaced(needs);
    auto& items = needs.items;
    if (!selection_.upto.empty()) {
        const auto wanted = model::canonical_id(selection_.upto, books_.ids);
        const auto at = std::find_if(items.begin(), items.end(), [&](const auto& item) {
            return wanted && model::canonical_id(item.id, books_.ids) == wanted;
        });
        if (at == items.end()) {
            Ids ids;
            for (const auto& item : items) ids.push_back(item.id);
            return tl::make_unexpected(no_such(selection_.upto, ids));
        }
        if (books_.ids != model::IdOrder::none && !model::is_ordered(*wanted, books_.ids))
            return tl::make_unexpected(without_place(selection_.upto));
        const std::string upto = at->id;
        const auto upper = all_upon(upto);
        const bool listed_only = books_.ids == model::IdOrder::none && builds_upon_.empty() && !books_.namespaced;
        if (listed_only) items.erase(std::next(at), items.end());
        items.erase(std::remove_if(items.begin(), items.end(),
                                   [&](const auto& item) { return comes_after_upto(item.id, upto, upper); }),
                    items.end());
    }
    items.erase(std::remove_if(items.begin(), items.end(), [&](const auto& item) { return exclusion_.names(item.id); }),
                items.end());
    if (items.empty()) return tl::make_unexpected(std::string{kNothingLeft});
    return needs;
}

}  // namespace

tl::expected<Selected, Problems> select(Baked baked, const gate::Selection& selection,
                                        const model::Bookkeeping& books) {
    Selector selector{baked.builds_upon, selection, books};
    auto needs = std::visit([&](auto& it) { return selector(std::move(it)); }, baked.needs);
    if (!needs) return tl::make_unexpected(Problems{std::move(needs.error())});
    return Selected{std::move(*needs), selector.warnings()};
}

}  // namespace schemalatch::bake
