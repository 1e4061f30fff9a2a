// How the bytes of a Python file are meant. Pure.
#pragma once

#include <string_view>

namespace schemalatch::bake {

enum class Coding {
    utf8,             // The default. Python itself refuses a file that is not.
    other_than_utf8,  // Bytes of ASCII mean ASCII; what the others mean is not looked into.
    not_understood,   // Bytes of ASCII may be parts of other characters.
};

bool is_ascii(std::string_view text);

// Whether Python may take a name with letters outside ASCII for one within: it takes many a letter for its look-alike
// (NFKC), as the full-width ones of East Asian fonts. Names in other scripts it leaves as they are.
bool may_mean_ascii(std::string_view name);

// As the file's coding line says, a comment in the first two lines.
Coding python_coding(std::string_view source);

}  // namespace schemalatch::bake
