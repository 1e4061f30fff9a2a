"""Writes revision files in every form that people and Alembic's templates have used. All of it is valid Python."""

DOCSTRING = '''"""{id}: a migration

Revision ID: {id}
Revises: {down}

down_revision = 'not this one'
"""
'''

FILLERS = (
    "import os; import sys",
    "from sqlalchemy import text  # revision = 'no'",
    "TABLES = ['a', 'b']\nNAMES = {t: f\"{t!r:>{10}} {'}'}\" for t in TABLES}",
    "def helper(revision='x', *, down_revision=None):\n    depends_on = revision\n\n    return depends_on",
    "class Settings:\n    revision = 'inner'\n\n    def down_revision(self): branch_labels = 1; return branch_labels",
    "if TYPE_CHECKING:\n    import decimal\nelse:\n    decimal = None",
    "SQL = '''\nrevision = 'in a string'\n'''",
    "SQL = \"a \\\n  revision = 'still a string'\"",
    "total = sum(revision for revision in (1, 2))",
    "lengths = lambda revision='a', depends_on=(): (revision, depends_on)",
    "try:\n\timport yaml\nexcept ImportError: yaml = None",
    "for table in ():\n  print(table)\n\f\nwith open(os.devnull) as sink: sink.read()",
)

FOOTER = '''

def upgrade() -> None:
    revision = "local"
    down_revision: str = f"{revision}"
    assert down_revision


def downgrade():
    """Undo; revision = 'nothing'"""
'''


class Speller:
    def __init__(self, random):
        self.random = random

    def file(self, revision):
        """The bytes of a revision file. `revision` has id, down, depends_on, labels and legacy."""
        pick = self.random.choice
        statements = self.assignments(revision)
        self.random.shuffle(statements)
        for filler in self.random.sample(FILLERS, self.random.randint(0, 4)):
            statements.insert(self.random.randint(0, len(statements)), filler)
        text = pick(("", DOCSTRING.format(id=revision.id, down=", ".join(revision.down) or None)))
        text += "import os\nfrom typing import Sequence, Tuple, Union, TYPE_CHECKING\n\n"
        text += "".join(statement + pick(("\n", "\n\n", "  # note\n", ";\n", " \n\n")) for statement in statements)
        return self.encoded(text + FOOTER)

    def encoded(self, text):
        text = text.replace("\n", self.random.choices(("\n", "\r\n", "\r"), (20, 3, 1))[0])
        form = self.random.randint(0, 19)
        if form == 0:
            return b"\xef\xbb\xbf" + text.encode()
        if form == 1 and text.isascii():
            return b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + text.encode()
        return text.encode()

    def assignments(self, revision):
        """Statements; two of them may share a line."""
        lines = [] if revision.legacy else [self.assignment("revision", self.scalar(revision.id), "str")]
        lines.append(self.assignment("down_revision", self.ids(revision.down), self.sequence_type()))
        for name, values in (("depends_on", revision.depends_on), ("branch_labels", revision.labels)):
            if values or self.random.random() < 0.7:
                lines.append(self.assignment(name, self.ids(values), self.sequence_type()))
        if self.random.random() < 0.1:
            lines[:2] = ["; ".join(lines[:2])]
        return lines

    def sequence_type(self):
        union = "Union[str, Sequence[str], None]"
        bars = "str | Sequence[str] | None"
        return self.random.choice((union, bars, "'Tuple[str, ...]'", "Union[\n    str, None\n]"))

    def assignment(self, name, value, kind):
        form = self.random.randint(0, 9)
        if form == 0:
            return f"{name}=\\\n  {value}"
        if form < 6:
            return f"{name} = {value}"
        if form == 6:
            return f"{name}: {kind}\n{name} = {value}"
        return f"{name}: {kind} = {value}"

    def ids(self, values):
        """No value, one, or several, as None, a string, a tuple or a list."""
        if not values:
            return self.random.choice(("None", "None", "None", "(None)", "()", "[]", "(\n)"))
        if len(values) == 1 and self.random.random() < 0.7:
            return self.scalar(values[0])
        return self.sequence([self.scalar(value) for value in values])

    def sequence(self, items):
        form = self.random.randint(0, 5)
        comma = self.random.choice(("", ","))
        if form == 0:
            return "[" + ", ".join(items) + comma + "]"
        if form == 1:
            return ", ".join(items) + ("," if len(items) == 1 else comma)
        if form == 2:
            return "(\n" + "".join(f"    {item},  # one of them, not ')'\n" for item in items) + ")"
        if form == 3:
            return "((" + ", ".join(items) + ",))"
        if form == 4:
            return "[\n\n  " + "\n, ".join(items) + comma + "]"
        return "(" + ", ".join(items) + ("," if len(items) == 1 else comma) + ")"

    def scalar(self, text):
        form = self.random.randint(0, 19)
        if form == 0:
            return f"({self.string(text)})"
        if form == 1:
            return f"(({self.string(text)}\n))"
        if form == 2:
            cut = self.random.randint(0, len(text))
            return f"({self.string(text[:cut])}\n  {self.string(text[cut:])})"
        return self.string(text)

    def string(self, text):
        quote = self.random.choices(("'", '"', "'''", '"""'), (9, 9, 1, 1))[0]
        prefix = self.random.choices(("", "r", "u", "R"), (16, 1, 1, 1))[0]
        if prefix in ("", "u") and len(text) > 2 and self.random.random() < 0.05:
            text = text[:1] + "\\\n" + text[1:]
        return prefix + quote + text + quote
