#include "sidecar/bake/listed.h"

#include <algorithm>
#include <map>
#include <set>

#include "probes/model/printable.h"
#include "sidecar/bake/replacements.h"
#include "sidecar/gate/literal.h"

namespace schemalatch::bake {

namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kBlanks = " \t\r";

struct Line {
    int number;
    Words words;  // never empty
};

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return "";
    return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

Words split(std::string_view text) {
    Words words;
    while (!(text = trimmed(text)).empty()) {
        const auto word = text.substr(0, text.find_first_of(kBlanks));
        words.emplace_back(word);
        text.remove_prefix(word.size());
    }
    return words;
}

// Only where ids cannot hold a blank may there be more than one word.
bool has_words(const model::Bookkeeping& books) { return books.namespaced || books.ordering == model::Ordering::graph; }

std::vector<Line> lines_of(const model::Bookkeeping& books, std::string_view text) {
    std::vector<Line> lines;
    for (int number = 1; !text.empty(); ++number) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (trimmed(line).empty()) continue;
        lines.push_back({number, has_words(books) ? split(line) : Words{std::string{trimmed(line)}}});
    }
    return lines;
}

std::string problem(const Line& line, const std::string& what) {
    return "line " + std::to_string(line.number) + ": " + what;
}

// Ids end up in logs and in JSON.
std::string why_no_id(const std::string& id, const model::Bookkeeping& books) {
    if (model::printable(id) != id) return "holds what does not print, or is too long; correct the list";
    return books.ordering == model::Ordering::set ? gate::why_no_id(id, books) : "";
}

// Equal ids are spelled the same.
std::string canonical(const std::string& id, const model::Bookkeeping& books) {
    const auto order = books.ordering == model::Ordering::number ? model::IdOrder::number : books.ids;
    return model::canonical_id(id, order).value_or(id);
}

std::string listed_twice(const Line& line, const Line& first) {
    const auto& id = line.words.front();
    const auto& other = first.words.front();
    return problem(line, model::quoted(id) + " is listed twice, first in line " + std::to_string(first.number) +
                             (other == id ? "" : " as " + model::quoted(other)) + "; list it once");
}

Problems check(const std::vector<Line>& lines, const model::Bookkeeping& books) {
    Problems problems;
    std::map<std::string, const Line*> seen;
    for (const auto& line : lines) {
        for (const auto& word : line.words) {
            if (const auto why = why_no_id(word, books); !why.empty())
                problems.push_back(problem(line, model::quoted(word) + " " + why));
        }
        const auto [at, is_first] = seen.try_emplace(canonical(line.words.front(), books), &line);
        if (!is_first) problems.push_back(listed_twice(line, *at->second));
    }
    if (lines.empty()) problems.push_back("standard input lists no migration, and nothing would ever hold a pod back");
    return problems;
}

BakedOrProblems bake_numbers(const std::vector<Line>& lines, const model::Bookkeeping& books) {
    Problems problems;
    std::vector<model::Number> steps;
    for (const auto& line : lines) {
        auto number = model::Number::parse(line.words.front());
        if (number && !number->is_negative()) {
            steps.push_back(std::move(*number));
        } else {
            problems.push_back(problem(line, model::quoted(line.words.front()) +
                                                 " is not a number of 0 or more, which " + books.tool +
                                                 " counts in; list one number a line"));
        }
    }
    if (!problems.empty()) return tl::make_unexpected(std::move(problems));
    std::sort(steps.begin(), steps.end());
    const auto highest = steps.back();
    return Baked{gate::NumberRequirement{highest, std::move(steps)}};
}

// Alone, revisions say nothing of each other: then each is required, and there is no ancestry.
BakedOrProblems bake_revisions(const std::vector<Line>& lines) {
    model::Parents parents;
    std::set<std::string> heads;
    for (const auto& line : lines) {
        parents[line.words.front()].assign(line.words.begin() + 1, line.words.end());
        heads.insert(line.words.front());
    }
    const bool linked = std::any_of(lines.begin(), lines.end(), [](const auto& line) { return line.words.size() > 1; });
    if (!linked) return Baked{gate::GraphRequirement{{heads.begin(), heads.end()}}};
    for (const auto& [id, above] : parents) {
        for (const auto& parent : above) heads.erase(parent);
    }
    auto graph = model::RevisionGraph::make(std::move(parents));
    if (!graph) return tl::make_unexpected(Problems{graph.error() + "; correct the list"});
    return Baked{gate::GraphRequirement{{heads.begin(), heads.end()}, std::move(*graph)}};
}

BakedOrProblems bake_items(const std::vector<Line>& lines) {
    std::vector<gate::Item> items;
    items.reserve(lines.size());
    for (const auto& line : lines) items.push_back({line.words.front(), {line.words.begin() + 1, line.words.end()}});
    auto needs = required_of(std::move(items));
    if (!needs) return tl::make_unexpected(Problems{needs.error()});
    return Baked{std::move(*needs)};
}

// Where ids have an order it is the order of applying. Those of apps are listed in any order, which must not show.
void sort_items(std::vector<gate::Item>& items, const model::Bookkeeping& books) {
    if (books.namespaced)
        return std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    const auto order = books.ids;
    const auto key = [&](const gate::Item& item) { return *model::canonical_id(item.id, order); };
    const auto middle = std::stable_partition(items.begin(), items.end(),
                                              [&](const auto& item) { return model::is_ordered(key(item), order); });
    std::stable_sort(items.begin(), middle,
                     [&](const auto& a, const auto& b) { return std::is_lt(compare_ids(key(a), key(b), order)); });
}

}  // namespace

BakedOrProblems bake_list(const model::Bookkeeping& books, std::string_view text) {
    const auto lines = lines_of(books, text);
    if (auto problems = check(lines, books); !problems.empty()) return tl::make_unexpected(std::move(problems));
    switch (books.ordering) {
        case model::Ordering::number:
            return bake_numbers(lines, books);
        case model::Ordering::graph:
            return bake_revisions(lines);
        case model::Ordering::set: {
            auto baked = bake_items(lines);
            if (baked) sort_items(std::get<gate::SetRequirement>(baked->needs).items, books);
            return baked;
        }
    }
    return tl::make_unexpected(Problems{"a list cannot be read for " + books.tool});
}

}  // namespace schemalatch::bake
