#include "sidecar/bake/alembic_source.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace schemalatch::bake {
namespace {

using namespace std::string_literals;

// How a file begins that says nothing unusual; what follows it begins in line 3.
const std::string kGood = "revision = 'a1'\ndown_revision = None\n";

std::string joined(const std::vector<std::string>& texts) {
    std::string line;
    for (const auto& text : texts) line += (line.empty() ? "" : ",") + text;
    return line;
}

// "id < parents; depends_on; labels", the last two only where there are any; or "LINE: message".
std::string read(const std::string& source, const std::string& file_name = "x.py") {
    const auto revision = read_alembic_source(file_name, source);
    if (!revision) return std::to_string(revision.error().line) + ": " + revision.error().message;
    std::string line = revision->id + " < " + joined(revision->down_revisions.values);
    if (!revision->depends_on.values.empty()) line += "; depends on " + joined(revision->depends_on.values);
    if (!revision->branch_labels.values.empty()) line += "; labels " + joined(revision->branch_labels.values);
    return line;
}

struct Row {
    std::string source;
    std::string expected;
};

TEST_CASE("what Alembic's templates have written is read", "[bake]") {
    CHECK(read("\"\"\"add orders\n\nRevision ID: b2\nRevises: a1\n\"\"\"\n"
               "from alembic import op\nimport sqlalchemy as sa\n\n\n"
               "# revision identifiers, used by Alembic.\n"
               "revision = 'b2'\ndown_revision = 'a1'\nbranch_labels = None\ndepends_on = None\n\n\n"
               "def upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n") == "b2 < a1");
    CHECK(read("from typing import Sequence, Union\n\n"
               "revision: str = 'b2'\ndown_revision: Union[str, Sequence[str], None] = ('a1', 'a2')\n"
               "branch_labels: Union[str, Sequence[str], None] = ('shop',)\n"
               "depends_on: str | Sequence[str] | None = 'core'\n") == "b2 < a1,a2; depends on core; labels shop");
}

TEST_CASE("a value may be spelled in every way that Python reads the same", "[bake]") {
    const std::vector<Row> rows{
        {"revision = 'a'\ndown_revision = \"b\"\n", "a < b"},
        {"revision = u'a'\ndown_revision = R'b'", "a < b"},
        {"revision = '''a'''\ndown_revision = (\"\"\"b\"\"\")\n", "a < b"},
        {"revision = ('a'\n  'b')\ndown_revision = (\n    'c',  # one\n    'd',\n)\n", "ab < c,d"},
        {"revision = \\\n  'a'\ndown_revision = 'b', 'c'\n", "a < b,c"},
        {"revision='a';down_revision=['b'];\n", "a < b"},
        {"revision = 'a'\ndown_revision = ()\ndepends_on = []\n", "a < "},
        {"revision = 'a'\r\ndown_revision = (\r\n'b'\r\n,)\r\n", "a < b"},
        {"revision = 'a'\rdown_revision = 'b'\r", "a < b"},
        {"\xEF\xBB\xBFrevision = 'a'\ndown_revision = None", "a < "},
        {"\frevision\t=\t'a'\n\f\n \fdown_revision = None\n", "a < "},
        {"revision = 'a' # 'b'\ndown_revision = None # revision = 'c'\n", "a < "},
        {"revision = 'größe'\ndown_revision = None\n", "größe < "},
        {"revision = 'a:b'\ndown_revision = None\n", "a:b < "}};
    for (const auto& row : rows) CHECK(read(row.source) == row.expected);
}

TEST_CASE("what only looks like an assignment makes no difference", "[bake]") {
    const std::vector<std::string> harmless{"\"\"\"\nrevision = 'b'\n\"\"\"\n",
                                            "# revision = 'b'\n",
                                            "def upgrade():\n    revision = 'b'\n    for down_revision in x: pass\n",
                                            "async def f(): revision = 'b'\n",
                                            "class A:\n    revision = 'b'\n    def down_revision(self): pass\n",
                                            "print(revision)\n",
                                            "x = revision\n",
                                            "x = lambda revision='b': revision\n",
                                            "f(revision='b')\n",
                                            "revision == 'b'\n",
                                            "assert revision, down_revision\n",
                                            "[0 for revision in x]\n",
                                            "{revision: 1}[revision]\n",
                                            "settings.revision = 'b'\n",
                                            "settings[revision] = 'b'\n",
                                            "revision: str\n",
                                            "from revision import x\n",
                                            "import x.revision, revision as y\n",
                                            "if revision: x = 1\n",
                                            "with open(revision) as x: pass\n",
                                            "f\"{revision} = 'b'\"\n",
                                            "down_revisions = 'b'\n",
                                            "def f():\n    exec('revision = 1')\n",
                                            "def f(): import x as revision\n"};
    for (const auto& text : harmless) CHECK(read(kGood + text) == "a1 < ");
}

TEST_CASE("a value that would have to be computed is refused", "[bake]") {
    for (const std::string value :
         {"BASE", "BASE + 'b'", "f('a')", "(*x, 'a')", "{'a', 'b'}", "('a', None)", "1", "not None",
          "'a' if x else 'b'", "lambda: 'a'", "(('a', 'b'), 'c')", "('a')('b')"}) {
        CHECK(read(kGood + "depends_on = " + value) ==
              "3: depends_on \"" + value + "\" is computed; write the ids as strings");
    }
}

TEST_CASE("a string that is no certain id is refused", "[bake]") {
    const std::string escape = "is a string with an escape that is not understood";
    const std::vector<Row> rows{{"f'{x}'", "is an f-string"},
                                {"('a', f'b')", "is an f-string"},
                                {"b'a'", "is bytes"},
                                {"'\\x61'", escape},
                                {"'\\N{DASH}'", escape},
                                {"''", "holds an empty string"},
                                {"('a', '')", "holds an empty string"},
                                {"'a\\nb'", "holds what does not print"}};
    for (const auto& row : rows) {
        CHECK(read(kGood + "depends_on = " + row.source) ==
              "3: depends_on \"" + row.source + "\" " + row.expected + "; write the ids as strings");
    }
}

TEST_CASE("a refused value is quoted in one printable line of bearable length", "[bake]") {
    const std::vector<Row> rows{{"f('a',\n\t   'b')", "f('a', 'b')"},
                                {"'\xFF'.x", "'\\xff'.x"},
                                {std::string(70, 'x'), std::string(60, 'x') + "..."}};
    for (const auto& row : rows) {
        CHECK(read(kGood + "depends_on = " + row.source) ==
              "3: depends_on \"" + row.expected + "\" is computed; write the ids as strings");
    }
}

TEST_CASE("an id is one string that Alembic accepts", "[bake]") {
    const std::vector<Row> rows{
        {"None", "1: revision \"None\" is not an id; write the id as a string"},
        {"('a',)", "1: revision \"('a',)\" is not an id; write the id as a string"},
        {"''", "1: revision \"''\" holds an empty string; write the id as a string"},
        {"'a-b'", R"(1: revision "'a-b'" holds "-", which Alembic allows in no id; rename it)"},
        {"'a@b'", R"(1: revision "'a@b'" holds "@", which Alembic allows in no id; rename it)"},
        {"'a+b'", R"(1: revision "'a+b'" holds "+", which Alembic allows in no id; rename it)"}};
    for (const auto& row : rows) CHECK(read("revision = " + row.source + "\ndown_revision = None\n") == row.expected);
}

TEST_CASE("an assignment that may not happen, or not alone, is refused", "[bake]") {
    const std::vector<Row> rows{
        {"if x:\n    revision = 'b'\n", R"(4: revision is assigned inside "if"; assign it once, outside of any block)"},
        {"if x: revision = 'b'\n", R"(3: revision is assigned inside "if"; assign it once, outside of any block)"},
        {"if x: pass\nelse: depends_on = 'b'\n",
         R"(4: depends_on is assigned inside "else"; assign it once, outside of any block)"},
        {"try:\n    depends_on = 'b'\nfinally: pass\n",
         R"(4: depends_on is assigned inside "try"; assign it once, outside of any block)"},
        {"with x:\n  if y:\n    depends_on = 'b'\n",
         R"(5: depends_on is assigned inside "if"; assign it once, outside of any block)"},
        {"for x in y:\n  depends_on = 'b'\n",
         R"(4: depends_on is assigned inside "for"; assign it once, outside of any block)"},
        {"revision = 'a1'\n", "3: revision is assigned again, first in line 1; assign it once"},
        {"x = 1; down_revision: str = 'b'\n", "3: down_revision is assigned again, first in line 2; assign it once"},
        {"x = depends_on = 'b'\n", "3: depends_on is assigned together with others; give it a line of its own"},
        {"depends_on, x = 'b', 1\n", "3: depends_on is assigned together with others; give it a line of its own"},
        {"[depends_on] = ['b']\n", "3: depends_on is assigned together with others; give it a line of its own"},
        {"(depends_on) = 'b'\n", "3: depends_on is assigned together with others; give it a line of its own"}};
    for (const auto& row : rows) CHECK(read(kGood + row.source) == row.expected);
}

TEST_CASE("a variable that is set by anything but an assignment is refused", "[bake]") {
    const std::vector<Row> rows{
        {"revision += 'b'\n", "3: revision is set by \"+=\"; use another name there"},
        {"print(\n  (revision := 'b'))\n", "4: revision is set by \":=\"; use another name there"},
        {"[(revision := x) for x in y]\n", "3: revision is set by \":=\"; use another name there"},
        {"def f(x=(revision := 1)): pass\n", "3: revision is set by \":=\"; use another name there"},
        {"for revision in x: pass\n", "3: revision is set by \"for\"; use another name there"},
        {"for x, (y, revision) in z: pass\n", "3: revision is set by \"for\"; use another name there"},
        {"import x as revision\n", "3: revision is set by \"as\"; use another name there"},
        {"import revision\n", "3: revision is set by \"import\"; use another name there"},
        {"from x import (y,\n  revision)\n", "4: revision is set by \"import\"; use another name there"},
        {"with x as revision: pass\n", "3: revision is set by \"as\"; use another name there"},
        {"try: pass\nexcept X as revision: pass\n", "4: revision is set by \"as\"; use another name there"},
        {"match x:\n  case [revision]: pass\n", "4: revision is set by \"case\"; use another name there"},
        {"def revision(): pass\n", "3: revision is set by \"def\"; use another name there"},
        {"class revision: pass\n", "3: revision is set by \"class\"; use another name there"},
        {"type revision = int\n", "3: revision is set by \"type\"; use another name there"},
        {"del revision\n", "3: revision is set by \"del\"; use another name there"},
        {"def f():\n    global x, revision\n", "4: revision is set by \"global\"; use another name there"},
        {"class A:\n    global revision\n    revision = 'b'\n",
         "4: revision is set by \"global\"; use another name there"},
        {"from x import *\n", "3: \"import *\" may set any variable; import names one by one"},
        {"\xEF\xBD\x92"
         "evision = 'b'\n",
         "3: a name outside ASCII may be any variable; rename it"}};
    for (const auto& row : rows) CHECK(read(kGood + row.source) == row.expected);
}

TEST_CASE("code that may change any variable while the file is loaded is refused", "[bake]") {
    for (const std::string name :
         {"exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "__dict__", "modules"}) {
        const std::string problem =
            "\"" + name + "\" at the top level may change any variable; move it into a function";
        CHECK(read(kGood + "x = " + name + "\n") == "3: " + problem);
        CHECK(read(kGood + "class A:\n    " + name + "()\n") == "4: " + problem);
        CHECK(read(kGood + "def f(x=" + name + "()): pass\n") == "3: " + problem);
    }
}

TEST_CASE("a file that says too little is refused", "[bake]") {
    const std::string no_id = "1: revision is not assigned; assign it, or move the file to where Alembic does not look";
    CHECK(read("down_revision = None\n") == no_id);
    CHECK(read("revision: str\ndown_revision = None\n") == no_id);
    CHECK(read("") == no_id);
    CHECK(read("revision = 'a'\n") ==
          "1: down_revision is not assigned; assign the id of the revision before, or None for a first "
          "one");
}

TEST_CASE("very old files carry their id in their name", "[bake]") {
    CHECK(read("down_revision = 'a'\n", "3cc9ab12.py") == "3cc9ab12 < a");
    CHECK(read("revision = 'b'\ndown_revision = 'a'\n", "3cc9ab12.py") == "b < a");
    CHECK(read("down_revision = 'a'\n", "3cc9ab12_orders.py").starts_with("1: revision is not assigned"));
    CHECK(read("down_revision = 'a'\n", "3CC9.py").starts_with("1: revision is not assigned"));
    CHECK(read("down_revision = 'a'\n", ".py").starts_with("1: revision is not assigned"));
}

TEST_CASE("other codings are fine as long as the ids are ASCII", "[bake]") {
    CHECK(read("# -*- coding: latin-1 -*-\n# caf\xE9\n" + kGood) == "a1 < ");
    CHECK(read("# caf\xE9\n" + kGood) == "a1 < ");
    CHECK(read("# coding: latin-1\n" + kGood +
               "depends_on = 'gr\xC3\xB6\xC3\x9F"
               "e'\n") ==
          "4: depends_on \"'größe'\" holds what is not ASCII, in a file that is not UTF-8; write the "
          "ids as strings");
    CHECK(read("# coding: shift_jis\n" + kGood) == "1: coding line is not understood; save the file as UTF-8");
}

TEST_CASE("what is no certain Python is refused with its line", "[bake]") {
    CHECK(read(kGood + "x = 'a\n") == "3: string is not closed; close it");
    CHECK(read(kGood + "x = (\n") == "3: \"(\" is never closed; close it");
    CHECK(read(kGood + "\0"s) == "3: file holds a NUL byte; save it as UTF-8 text");
    CHECK(read(kGood + "  x = 1\n") == "3: line is indented, but begins no block; indent it like the line before");
}

TEST_CASE("each variable knows its line", "[bake]") {
    const auto revision =
        read_alembic_source("x.py", "\nrevision = 'a'\n\ndown_revision = (\n'b',\n)\nbranch_labels = 'c'\n");
    REQUIRE(revision);
    CHECK(revision->line == 2);
    CHECK(revision->down_revisions.line == 4);
    CHECK(revision->branch_labels.line == 7);
    CHECK(revision->depends_on.line == 1);
}

TEST_CASE("a function's own variable is not the module's list of that name", "[bake]") {
    const std::string head = "revision = 'a'\ndown_revision = None\ndepends_on = ['b']\n";
    for (const auto* text :
         {"def upgrade():\n    depends_on = 1\n    return depends_on\n", "def f(depends_on): return depends_on\n",
          "def f(*, depends_on=None):\n    depends_on = 1\n    if depends_on:\n        depends_on.append('c')\n",
          "class C:\n    def f(self): depends_on: int = 1; return depends_on\n",
          "def f(depends_on):\n    def g():\n        return depends_on\n", "class C:\n    depends_on = 1\n",
          "class C:\n    def depends_on(self): pass\n    async def depends_on(self): pass\n",
          "def f():\n    class depends_on: pass\n", "depends_on: list[str]\n", "depends_on: T; x: int = 1\n",
          "g = lambda a='x', depends_on=(): (a, depends_on)\n"}) {
        CAPTURE(text);
        CHECK(read(head + text) == "a < ; depends on b");
        CHECK(read(std::string{text} + head) == "a < ; depends on b");
    }
    for (const auto* text :
         {"def f():\n    depends_on.append('c')\n", "def f(a=depends_on):\n    a.append('c')\n",
          "def f():\n    (depends_on)[0] = 'c'\n", "def f():\n    [depends_on][0][0] = 'c'\n",
          "def f():\n    depends_on = 1\ndepends_on.append('c')\n",
          "def f():\n    def g(depends_on): pass\n    depends_on.append('c')\n",
          "def f(depends_on):\n    class C:\n        depends_on.append('c')\n        depends_on = 1\n",
          "class C:\n    depends_on.append('c')\n    depends_on = 1\n", "g = lambda a: depends_on.append(a)\n",
          "g(lambda depends_on: 1, depends_on)\n", "a = depends_on\n", "depends_on: depends_on.append('c')\n"}) {
        CAPTURE(text);
        CHECK(read(head + text)
                  .ends_with(
                      "depends_on is used again, which may change the list; take that line away, or write a tuple"));
    }
    CHECK(read(head + "def f():\n    global depends_on\n    depends_on = 1\n") ==
          "5: depends_on is set by \"global\"; use another name there");
}

}  // namespace
}  // namespace schemalatch::bake
