// Reads what an Alembic revision file says of itself, without running it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/bake/python_tokens.h"

namespace schemalatch::bake {

// One of the module's variables: its strings, and where it is assigned.
struct AlembicField {
    std::vector<std::string> values = {};
    int line = 1;  // of the assignment; 1 where there is none
};

struct AlembicRevision {
    std::string id;
    int line = 1;  // of the id's assignment
    AlembicField down_revisions = {};
    AlembicField depends_on = {};  // ids or branch labels
    AlembicField branch_labels = {};
};

// `file_name` is the name without its folder: very old files carry their id there. Understands every literal form that
// Alembic's templates have written (plain, annotated, tuple, list, several lines) and refuses whatever is computed,
// conditional, assigned twice or otherwise not certain to be what Python would see.
tl::expected<AlembicRevision, SourceProblem> read_alembic_source(std::string_view file_name, std::string_view text);

}  // namespace schemalatch::bake
