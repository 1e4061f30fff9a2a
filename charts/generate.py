#!/usr/bin/env python3
"""Writes what of the chart follows from something else.

    charts/generate.py [--check] [SCHEMALATCH]

The table in schemalatch/README.md comes from the comments in values.yaml and, for the keys of a dependency, from
values.schema.json. The names of the tools in templates/_check.tpl, and which of them keep one number, come from the
executable, if it is given. --check writes nothing, and exits with 1 where something is out of step.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import yaml

CHART = pathlib.Path(__file__).parent / "schemalatch"
BEGIN, END = "<!-- charts/generate.py writes from here -->\n", "<!-- to here -->\n"
KEY = re.compile(r"( *)(\w+):")
LIST = r'(\{{\{{- define "schemalatch\.{}" -\}}\}}\n).*(\n\{{\{{- end -\}}\}})'


def read_comments(text):
    """The comment above each key, by the key's path."""
    comments, path, above = {}, [], []
    for line in text.splitlines():
        stripped = line.strip()
        key = KEY.match(line)
        if stripped.startswith("#"):
            above.append(stripped.lstrip("# "))
            continue
        if key:
            depth = len(key[1]) // 2
            path[depth:] = [key[2]]
            if above:
                comments[".".join(path)] = " ".join(above)
        above = []
    return comments


def value_at(values, path):
    for key in path.split("."):
        values = values[key]
    return values


def row(key, default, meaning):
    cells = (f"`{key}`", default, meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def shown(value):
    return "`" + json.dumps(value, ensure_ascii=False) + "`"


def make_table():
    text = (CHART / "values.yaml").read_text()
    values, comments = yaml.safe_load(text), read_comments(text)
    schema = json.loads((CHART / "values.schema.json").read_text())
    table = "| Key | Default | Meaning |\n|---|---|---|\n"
    for path, comment in comments.items():
        has_rows_of_its_own = any(other.startswith(path + ".") for other in comments)
        table += row(path, "" if has_rows_of_its_own else shown(value_at(values, path)), comment)
        if path == "dependencies":
            for key, rule in schema["properties"]["dependencies"]["items"]["properties"].items():
                table += row(f"dependencies[].{key}", "", rule["description"])
    return table


def with_table(readme):
    before, rest = readme.split(BEGIN)
    return before + BEGIN + make_table() + END + rest.split(END)[1]


def with_tools(template, schemalatch):
    def asked(*arguments):
        return subprocess.run([schemalatch, "tools", *arguments], check=True, capture_output=True, text=True).stdout

    names = [line.split()[0] for line in asked().splitlines()]
    numbers = [name for name in names if re.search(r"^ *order +number:", asked(name), re.M)]
    for name, members in (("tools", ["auto", *names]), ("numberTools", numbers)):
        line = " ".join(sorted(members))
        template = re.sub(LIST.format(name), lambda match: match[1] + line + match[2], template)
    return template


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("schemalatch", nargs="?")
    arguments = parser.parse_args()

    steps = {CHART / "README.md": with_table}
    if arguments.schemalatch:
        steps[CHART / "templates/_check.tpl"] = lambda text: with_tools(text, arguments.schemalatch)
    out_of_step = [file for file, rewrite in steps.items() if rewrite(file.read_text()) != file.read_text()]
    for file in out_of_step:
        if arguments.check:
            print(f"generate.py: {file.relative_to(CHART.parent)} is out of step; run charts/generate.py", file=sys.stderr)
        else:
            file.write_text(steps[file](file.read_text()))
    return 1 if arguments.check and out_of_step else 0


if __name__ == "__main__":
    sys.exit(main())
