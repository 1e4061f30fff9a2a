// What a version means that somebody wrote by hand. Pure.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "sidecar/gate/requirement.h"

namespace schemalatch::gate {

// One id, or several joined by commas, as a tool with these books compares them. The error is one line: what is wrong
// with the text, then what to do.
tl::expected<Needs, std::string> read_literal(const std::string& text, const model::Bookkeeping& books);

// The ids of a literal, whatever tool they are for. Never empty.
tl::expected<std::vector<std::string>, std::string> split_literal(const std::string& text);

// Why this is no id of a migration in a set of that tool, fit to follow the id and " "; empty: it is one.
std::string why_no_id(const std::string& id, const model::Bookkeeping& books);

}  // namespace schemalatch::gate
