#!/usr/bin/env python3
"""Does Clang accept, without a warning, every file of ours that GCC compiled into a build folder?

    tests/clang_syntax.py build/dev
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CLANG = "clang++"
FLAGS = "-fsyntax-only -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Werror".split()


def kept_arguments(entry):
    """Where headers are and what is defined; the rest of GCC's command line is GCC's own."""
    words = entry["arguments"] if "arguments" in entry else shlex.split(entry["command"])
    kept = []
    for word, following in zip(words, words[1:] + [""]):
        if word in ("-I", "-D", "-isystem", "-include"):
            kept += [word, following]
        elif word.startswith(("-I", "-D", "-isystem")):
            kept.append(word)
    return kept


def complaints(entry):
    command = [CLANG, *FLAGS, *kept_arguments(entry), entry["file"]]
    done = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return "" if done.returncode == 0 else done.stderr or f"{CLANG} exited {done.returncode} on {entry['file']}\n"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: clang_syntax.py BUILD-FOLDER")
    build = Path(sys.argv[1]).resolve()
    entries = json.loads((build / "compile_commands.json").read_text())
    ours = [e for e in entries if build not in Path(e["directory"], e["file"]).resolve().parents]
    if not ours:
        sys.exit(f"clang_syntax.py: error: {build}/compile_commands.json names no file of ours")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = [text for text in pool.map(complaints, ours) if text]
    sys.stderr.write("".join(found))
    print(f"clang_syntax.py: {len(ours)} files, {len(found)} with complaints")
    return 1 if found else 0


sys.exit(main())
