#include "sidecar/bake/python_coding.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

TEST_CASE("a comment in the first two lines may declare the coding", "[bake]") {
    struct Row {
        std::string source;
        Coding expected;
    };
    const std::vector<Row> rows{{"a = 1\n", Coding::utf8},
                                {"# -*- coding: utf-8 -*-\n", Coding::utf8},
                                {"# vim: set fileencoding=UTF_8 :\n", Coding::utf8},
                                {"#!/usr/bin/python\r\n# coding: latin-1\r\n", Coding::other_than_utf8},
                                {"\n  # coding=cp1252\n", Coding::other_than_utf8},
                                {"# coding: shift_jis\n", Coding::not_understood},
                                {"# encoding and decoding: nothing\n", Coding::not_understood},
                                {"# a coding that is not declared\n", Coding::utf8},
                                {"# one\n# two\n# coding: shift_jis\n", Coding::utf8},
                                {"\"\"\"doc\n# coding: shift_jis\n\"\"\"", Coding::utf8},
                                {"a = 1  # coding: shift_jis\n", Coding::utf8},
                                {"", Coding::utf8}};
    for (const auto& row : rows) CHECK(python_coding(row.source) == row.expected);
}

TEST_CASE("a name outside ASCII counts as one within where Python may take it for that", "[bake]") {
    // unicodedata.normalize("NFKC", name).isascii(), or bytes that are no UTF-8
    for (const auto* name : {"\xEF\xBD\x84"
                             "ependencies",
                             "\xEF\xBC\xADigration", "\xC2\xAA", "\xC5\xBF",
                             "\xF0\x9D\x90\x9D"
                             "ependencies",
                             "repl\xE2\x82\x90"
                             "ces",
                             "\xEF\xAC\x80", "\xE1\xB5\x83", "\xE2\x85\xA0",
                             "repl\xAA"
                             "ces",
                             "\xC3", "a\xE2\x82"}) {
        CAPTURE(name);
        CHECK(may_mean_ascii(name));
    }
    for (const auto* name :
         {"", "dependencies", "na\xC3\xAFve", "\xD0\xBE\xD0\xB1", "\xCE\xB1", "\xE6\x97\xA5\xE6\x9C\xAC",
          "\xED\x95\x9C", "\xE0\xA4\x85", "\xC4\x8Diny", "\xEF\xBD\x84\xD0\xB1"}) {
        CAPTURE(name);
        CHECK_FALSE(may_mean_ascii(name));
    }
}

}  // namespace
}  // namespace schemalatch::bake
