// Migrations that stand for others. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "sidecar/gate/requirement.h"

namespace schemalatch::bake {

// Requires those that no other one replaces: whoever has that one, by itself or by all that it replaces, has them too.
// The error is one line: which of them replace each other in a circle.
tl::expected<gate::SetRequirement, std::string> required_of(std::vector<gate::Item> items);

// By replaced id: what it is replaced by.
using Replacements = std::map<std::string, std::string>;

Replacements replacements_in(const std::vector<gate::Item>& items);

// What stands for the id in the end: itself if nothing replaces it. nullopt: replacements go in a circle.
std::optional<std::string> final_replacement(const std::string& id, const Replacements& replacements);

}  // namespace schemalatch::bake
