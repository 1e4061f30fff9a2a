// Asks which migration tools keep books in a database. Pure.
#pragma once

#include "probes/postgres/question.h"
#include "probes/tools/recognise.h"

namespace schemalatch::postgres {

// `schema` is the one to look in; empty: those of the role's search_path.
Question which_tools(const tools::Suspects& suspects, const std::string& schema);

}  // namespace schemalatch::postgres
