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

}  // namespace
}  // namespace schemalatch::bake
