// What the rows of a tool that keeps every migration come to. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <vector>

#include "probes/model/observation.h"

namespace schemalatch::gate {

// The rows, one after the other as the tool wrote them: what was undone is not applied, what was applied after it
// failed has not failed. Ids are compared in their canonical spelling and told as the database spells them.
class Applied {
public:
    // The error is a row's id that is none in this order.
    static tl::expected<Applied, std::string> fold(const std::vector<model::Row>& rows, model::IdOrder order);

    // Whether it has a row that counts, or stands at or below a baseline and was not undone after it.
    bool has(const std::string& canonical) const;

    // Whether it is applied, and only by a baseline's own row.
    bool is_baseline(const std::string& canonical) const;

    // Whether the tool has struck it off, though what it did is there.
    bool was_deleted(const std::string& canonical) const;

    // The one that stands above all others, baselines included; nullopt: there is none, or they have no order.
    const std::optional<std::string>& highest() const { return highest_; }

    std::vector<std::string> newest_first() const;
    std::vector<std::string> failed() const;  // newest first

private:
    struct Entry {
        std::string spelling;
        std::size_t row = 0;  // the newest of it, counted from 1
        bool applied = false;
        bool only_baseline = false;  // it is applied, and only a baseline says so
        bool failed = false;
        bool deleted = false;
        std::size_t undone = 0;    // the row that undid it, if none has applied it anew; 0: none
        std::size_t baseline = 0;  // the newest row that says it is one, if it stands; 0: none
    };
    struct Baseline {
        std::string id;       // canonical
        std::size_t written;  // the newest row that says so, of it or of one above it
    };

    explicit Applied(model::IdOrder order) : order_{order} {}

    void take(std::string canonical, const model::Row& row, std::size_t number);
    void find_highest();
    void find_baselines();
    std::vector<std::string> listed(bool Entry::*wanted) const;

    model::IdOrder order_;
    std::unordered_map<std::string, Entry> entries_ = {};
    std::vector<Baseline> baselines_ = {};  // those that stand, in their order
    std::optional<std::string> highest_ = {};
};

}  // namespace schemalatch::gate
