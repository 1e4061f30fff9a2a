// Where a string literal of Python ends, and what it holds. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace schemalatch::bake {

// Whether a quote right after these letters belongs to them: r, u, b, f, t, rb, ... in any case.
bool is_string_prefix(std::string_view letters);

// The place after the closing quote of the literal that begins at `begin` with its prefix of `prefix_size` letters.
// nullopt: it is not closed, or it is an f-string of a kind that is not looked into.
std::optional<std::size_t> string_literal_end(std::string_view source, std::size_t begin, std::size_t prefix_size);

// The text of a whole literal, prefix and quotes included. The error says what it is instead: `an f-string`.
tl::expected<std::string, std::string> string_literal_text(std::string_view literal);

}  // namespace schemalatch::bake
