// Sets against a second telling of contract 3.2 and 3.4, over random requirements and tables.
//
// The product folds the rows once, from the first to the last, into what is applied. The telling below folds nothing:
// it answers each question about an id by looking back from the newest row, and compares ids as lists of numbers.
//
// SCHEMALATCH_SEED=N repeats a run, SCHEMALATCH_HISTORIES=N makes it shorter or longer.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sidecar/gate/verdict.h"
#include "tests/support/catch.h"
#include "tests/support/requirements.h"

namespace schemalatch::gate {
namespace {

using model::IdOrder;
using model::Mark;
using model::Row;

// ---- The second telling -------------------------------------------------------------------------------------------

// An id as it means something: its numbers, or its name alone.
struct Meaning {
    std::vector<long> numbers = {};
    std::string name = {};
    bool ordered = false;

    bool operator==(const Meaning&) const = default;
    bool stands_at_or_below(const Meaning& other) const {
        if (!ordered || !other.ordered) return *this == other;
        return numbers != other.numbers ? numbers < other.numbers : name <= other.name;
    }
};

Meaning meaning_of(const std::string& id, IdOrder order) {
    if (order == IdOrder::none) return {.name = id};
    if (order == IdOrder::text) return {.name = id, .ordered = true};
    if (id.starts_with("R__")) return {.name = id};
    Meaning meaning{.ordered = true};
    std::istringstream parts{id};
    for (std::string part; std::getline(parts, part, '.');) meaning.numbers.push_back(std::stol(part));
    while (meaning.numbers.size() > 1 && meaning.numbers.back() == 0) meaning.numbers.pop_back();
    return meaning;
}

class Telling {
public:
    Telling(const SetRequirement& needs, const model::Observation& seen) : needs_{needs}, seen_{seen} {}

    std::string state() const {
        if (missing().empty()) return "satisfied";
        if (something_failed_in_the_way()) return "dirty";
        const bool anything = std::any_of(seen_.rows.begin(), seen_.rows.end(), [&](const Row& row) {
            return has_clean_row(meaning(row.id)) || has_failed(meaning(row.id));
        });
        return anything ? "behind" : "unmigrated";
    }

    std::vector<std::string> missing() const {
        std::vector<std::string> missing;
        for (const auto& item : needs_.items) {
            if (!is_met(item, 0)) missing.push_back(item.id);
        }
        return missing;
    }

    std::set<std::string> failed() const {
        std::set<std::string> failed;
        for (const auto& row : seen_.rows) {
            if (has_failed(meaning(row.id))) failed.insert(*model::canonical_id(row.id, seen_.books.ids));
        }
        return failed;
    }

private:
    Meaning meaning(const std::string& id) const { return meaning_of(id, seen_.books.ids); }

    // The newest row of it that does more than report a failure decides.
    bool has_clean_row(const Meaning& id) const {
        for (auto row = seen_.rows.rbegin(); row != seen_.rows.rend(); ++row) {
            if (meaning(row->id) != id || row->mark == Mark::dirty) continue;
            return row->mark == Mark::clean || row->mark == Mark::baseline;
        }
        return false;
    }

    bool newest_is(const Meaning& id, Mark mark) const {
        for (auto row = seen_.rows.rbegin(); row != seen_.rows.rend(); ++row) {
            if (meaning(row->id) == id) return row->mark == mark;
        }
        return false;
    }

    bool has_failed(const Meaning& id) const { return newest_is(id, Mark::dirty) || newest_is(id, Mark::half_undone); }

    // A baseline counts until a later row takes it back, and only for what was not undone after it.
    bool is_below_a_baseline(const Meaning& id) const {
        const auto applied = last_of(id, {Mark::clean, Mark::baseline});
        const auto undone = last_of(id, {Mark::undone, Mark::half_undone});
        for (std::size_t i = 0; i < seen_.rows.size(); ++i) {
            const auto baseline = meaning(seen_.rows[i].id);
            const bool counts = seen_.rows[i].mark == Mark::baseline && baseline.ordered && id.ordered &&
                                id.stands_at_or_below(baseline) &&
                                last_of(baseline, {Mark::undone, Mark::half_undone, Mark::deleted}) < i + 1;
            if (counts && (undone <= applied || undone < i + 1)) return true;
        }
        return false;
    }

    // The number of its last row with one of these marks, counted from 1; 0: none.
    std::size_t last_of(const Meaning& id, const std::set<Mark>& marks) const {
        for (std::size_t i = seen_.rows.size(); i > 0; --i) {
            if (meaning(seen_.rows[i - 1].id) == id && marks.contains(seen_.rows[i - 1].mark)) return i;
        }
        return 0;
    }

    bool is_applied(const Meaning& id) const { return has_clean_row(id) || is_below_a_baseline(id); }

    bool stands_below_something_applied(const Meaning& id) const {
        return std::any_of(seen_.rows.begin(), seen_.rows.end(), [&](const Row& row) {
            const auto other = meaning(row.id);
            return id.ordered && other.ordered && has_clean_row(other) && id.stands_at_or_below(other);
        });
    }

    // Deep enough for every requirement that is made here.
    bool is_met(const Item& item, int depth) const {
        if (is_applied(meaning(item.id))) return true;
        if (item.baseline && depth == 0 && newest_is(meaning(item.id), Mark::deleted)) return true;
        if (item.baseline && depth == 0 && stands_below_something_applied(meaning(item.id))) return true;
        if (item.replaces.empty() || depth > 10) return false;
        return std::all_of(item.replaces.begin(), item.replaces.end(),
                           [&](const auto& id) { return is_met(item_named(id), depth + 1); });
    }

    Item item_named(const std::string& id) const {
        for (const auto* list : {&needs_.others, &needs_.items}) {
            for (const auto& item : *list) {
                if (meaning(item.id) == meaning(id) && !item.replaces.empty()) return item;
            }
        }
        return {id};
    }

    bool something_failed_in_the_way() const {
        return std::any_of(seen_.rows.begin(), seen_.rows.end(), [&](const Row& row) {
            const auto id = meaning(row.id);
            return has_failed(id) && (is_wanted(id) || stands_below_the_requirement(id));
        });
    }

    // As an item, or as a part of one that is missing.
    bool is_wanted(const Meaning& id) const {
        return std::any_of(needs_.items.begin(), needs_.items.end(), [&](const Item& item) {
            if (meaning(item.id) == id) return true;
            if (is_met(item, 0)) return false;
            const auto& parts = item_named(item.id).replaces;
            return std::any_of(parts.begin(), parts.end(), [&](const auto& part) { return meaning(part) == id; });
        });
    }

    bool stands_below_the_requirement(const Meaning& id) const {
        return id.ordered && std::any_of(needs_.items.begin(), needs_.items.end(), [&](const Item& item) {
                   return meaning(item.id).ordered && id.stands_at_or_below(meaning(item.id));
               });
    }

    const SetRequirement& needs_;
    const model::Observation& seen_;
};

// ---- Random requirements and tables -------------------------------------------------------------------------------

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_{seed} {}

    std::size_t below(std::size_t count) { return std::uniform_int_distribution<std::size_t>{0, count - 1}(engine_); }
    bool one_in(std::size_t count) { return below(count) == 0; }

    template <typename T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

private:
    std::mt19937_64 engine_;
};

// Few, and several spellings of each, so that they meet.
const std::vector<std::string>& ids_of(IdOrder order) {
    static const std::vector<std::string> names{"a.1", "a.2", "a.3", "b.1", "b.2"};
    static const std::vector<std::string> numbers{"1", "2", "03", "3", "10", "010"};
    static const std::vector<std::string> dotted{"1", "1.0", "01", "1.9", "1.10", "2", "2.0.0", "R__a", "R__b"};
    if (order == IdOrder::number) return numbers;
    return order == IdOrder::dotted ? dotted : names;
}

SetRequirement random_requirement(Dice& dice, IdOrder order) {
    SetRequirement needs{.items = {}, .whole = true};
    const auto& ids = ids_of(order);
    std::set<std::string> taken;
    for (std::size_t i = 0, count = 1 + dice.below(4); i < count; ++i) {
        Item item{dice.pick(ids)};
        if (!taken.insert(*model::canonical_id(item.id, order)).second) continue;
        if (dice.one_in(4)) item.baseline = true;
        while (dice.one_in(3)) item.replaces.push_back(dice.pick(ids));
        (needs.items.empty() || !dice.one_in(6) ? needs.items : needs.others).push_back(std::move(item));
    }
    return needs;
}

model::Observation random_table(Dice& dice, IdOrder order) {
    constexpr Mark kMarks[] = {Mark::clean,  Mark::clean,       Mark::clean,   Mark::dirty,
                               Mark::undone, Mark::half_undone, Mark::deleted, Mark::baseline};
    std::vector<Row> rows;
    for (std::size_t i = 0, count = 1 + dice.below(8); i < count; ++i) {
        rows.push_back({dice.pick(ids_of(order)), kMarks[dice.below(dice.one_in(2) ? 3 : std::size(kMarks))]});
    }
    return support::kept_by({.tool = "tool", .ordering = model::Ordering::set, .ids = order}, std::move(rows));
}

std::string shown(const SetRequirement& needs, const model::Observation& seen) {
    std::ostringstream text;
    for (const auto* list : {&needs.items, &needs.others}) {
        for (const auto& item : *list) {
            text << (list == &needs.items ? " needs " : " knows ") << item.id << (item.baseline ? " (baseline)" : "");
            for (const auto& id : item.replaces) text << " <- " << id;
        }
    }
    text << "; rows";
    for (const auto& row : seen.rows) text << " " << row.id << ":" << static_cast<int>(row.mark);
    return text.str();
}

std::set<std::string> canonical(const std::vector<std::string>& ids, IdOrder order) {
    std::set<std::string> canonical;
    for (const auto& id : ids) canonical.insert(*model::canonical_id(id, order));
    return canonical;
}

std::uint64_t setting(const char* name, std::uint64_t fallback) {
    const char* text = std::getenv(name);
    return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

TEST_CASE("sets agree with a second telling of the contract", "[compare]") {
    const auto seed = setting("SCHEMALATCH_SEED", std::random_device{}());
    const auto histories = setting("SCHEMALATCH_HISTORIES", 40'000);
    Dice dice{seed};
    std::uint64_t by_state[kStates.size()] = {};
    for (std::uint64_t i = 0; i < histories; ++i) {
        constexpr IdOrder kOrders[] = {IdOrder::none, IdOrder::text, IdOrder::number, IdOrder::dotted};
        const auto order = kOrders[dice.below(std::size(kOrders))];
        const auto needs = random_requirement(dice, order);
        const auto seen = random_table(dice, order);
        const auto verdict = judge({"tool", "", "", needs}, seen, UnknownRevision::ahead);
        const Telling telling{needs, seen};
        ++by_state[static_cast<std::size_t>(verdict.state)];
        const bool same_missing = verdict.state == State::unmigrated || verdict.missing == telling.missing();
        const bool same_failed =
            verdict.state == State::unmigrated || canonical(verdict.failed, order) == telling.failed();
        if (to_string(verdict.state) == telling.state() && same_missing && same_failed) continue;
        INFO("seed " << seed << ":" << shown(needs, seen));
        CHECK(std::string{to_string(verdict.state)} == telling.state());
        CHECK(verdict.missing == telling.missing());
        REQUIRE(canonical(verdict.failed, order) == telling.failed());
    }
    std::cout << "sets: " << histories << " tables, seed " << seed << ":";
    for (const auto state : kStates) {
        const auto count = by_state[static_cast<std::size_t>(state)];
        if (count > 0) std::cout << " " << to_string(state) << " " << count;
    }
    std::cout << "\n";
    // A generator that misses a state would prove nothing about it.
    for (const auto state : {State::satisfied, State::behind, State::dirty, State::unmigrated})
        CHECK(by_state[static_cast<std::size_t>(state)] > histories / 100);
}

}  // namespace
}  // namespace schemalatch::gate
