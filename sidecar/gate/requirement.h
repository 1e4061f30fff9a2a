// What an application image needs of a dependency. Read once per process, never changed after. Pure values.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

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

struct Requirement {
    std::string tool;    // the tool's name in the catalogue
    std::string source;  // where it was read: "@/schema/required.json", or the literal itself
    std::string digest;  // "sha256:..." of what is required, whatever the file's spelling
    std::variant<NumberRequirement, GraphRequirement> needs;
};

// The ids that stand for the requirement in messages and in `required`.
std::vector<std::string> required_ids(const Requirement& requirement);

}  // namespace schemalatch::gate
