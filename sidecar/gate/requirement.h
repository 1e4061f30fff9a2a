// What an application image needs of a dependency. Read once per process, never changed after. Pure values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "probes/model/bookkeeping.h"
#include "probes/model/number.h"
#include "probes/model/revision_graph.h"

namespace schemalatch::gate {

// At least this number. `steps` are all migrations of the image in ascending order, so that missing ones can be named;
// empty where only the number is known.
struct NumberRequirement {
    model::Number at_least;
    std::vector<model::Number> steps = {};
};

// Each of these revisions, or a descendant of it.
struct GraphRequirement {
    std::vector<std::string> revisions;  // never empty
    std::optional<model::RevisionGraph> ancestry =
        {};  // holds all of `revisions`; nullopt for a literal: nothing is known
};

// One migration of a set.
struct Item {
    std::string id;
    std::vector<std::string> replaces = {};  // all of these together stand for it as well
    bool baseline = false;                   // sums up what stands at or below it: what is applied above it
                                             // stands for it as well
};

// All of these migrations.
struct SetRequirement {
    std::vector<Item> items;        // never empty; in the order of applying
    bool whole = false;             // they are every migration of the image; false for a literal
    std::vector<Item> others = {};  // not required; told for what they replace, since a required one replaces them
};

// A literal whose tool nobody has named: how it compares is told by the first look that finds the tool.
struct LiteralRequirement {
    std::string text;
};

using Needs = std::variant<NumberRequirement, GraphRequirement, SetRequirement, LiteralRequirement>;

// What was left out when the image's migrations were baked.
struct Selection {
    std::string upto = {};                  // the last one that counts; empty: none was named
    std::vector<std::string> exclude = {};  // patterns of those that do not
    bool operator==(const Selection&) const = default;
};

struct Requirement {
    std::string tool;    // the tool's name in the catalogue; "auto" for a literal that nobody has named one for
    std::string source;  // where it was read: "@/schema/required.json", or the literal itself
    std::string digest;  // "sha256:..." of what is required, whatever the file's spelling
    Needs needs;
    Selection selection = {};
};

// All that it asks for, in the order of applying; of a literal as it was written.
std::vector<std::string> all_ids(const SetRequirement& needs);
std::vector<std::string> all_ids(const Needs& needs);

// The ids that stand for the requirement in `required`; of a baked set the newest first.
std::vector<std::string> required_ids(const Requirement& requirement);

// For people, fit to follow "needs ": "3 migrations" of a baked set, else the ids.
std::string needed_phrase(const SetRequirement& needs);
std::string needed_phrase(const Requirement& requirement);

}  // namespace schemalatch::gate
