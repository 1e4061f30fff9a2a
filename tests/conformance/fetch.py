#!/usr/bin/python3
"""Fetches a tool into the cache, unless it lies there: fetch.py TOOL. With --list: prints the names of all."""
import sys

from tools import TOOLS
from tools.tool import cache_folder

if sys.argv[1:] == ["--list"]:
    print(*TOOLS)
else:
    for name in sys.argv[1:]:
        if name not in TOOLS:
            raise SystemExit(f'fetch.py: error: no tool "{name}"; there are: {", ".join(TOOLS)}')
        TOOLS[name](cache_folder()).fetch()
