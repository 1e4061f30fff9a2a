#!/usr/bin/python3
"""Fetches a tool into the cache, unless it lies there, and runs what is about it: try_out.py TOOL. --list: the names of all.

Adds a line for run.sh's table in the folder CONFORMANCE_TABLE, where that is set."""
import os
import pathlib
import subprocess
import sys
import time

from tools import TOOLS
from tools.tool import cache_folder

HERE = pathlib.Path(__file__).resolve().parent


def try_out(name):
    tool = TOOLS[name](cache_folder())
    started = time.monotonic()
    tool.fetch()
    fetched = time.monotonic()
    code = subprocess.run([sys.executable, "-m", "pytest", HERE, "--tool", name, "--durations", "5"]).returncode
    line = (f"{name:16} {tool.version:10} fetching {fetched - started:4.0f} s   testing {time.monotonic() - fetched:4.0f} s   "
            f"{'passed' if code == 0 else 'FAILED'}\n")
    if table := os.environ.get("CONFORMANCE_TABLE"):
        (pathlib.Path(table) / name).write_text(line)
    return code


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(*TOOLS)
    elif len(sys.argv) == 2 and sys.argv[1] in TOOLS:
        sys.exit(try_out(sys.argv[1]))
    else:
        sys.exit(f"usage: try_out.py TOOL; there are {', '.join(TOOLS)}")
