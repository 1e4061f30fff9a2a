#!/usr/bin/python3
"""One fault of the matrix: run_fault.py NAME. Exits 0 if all held, 1 if not, 77 if it cannot be tried here.

FAULT_SECONDS=30      how long the fault lasts
FAULT_TABLE=FOLDER    the fault's line of the table also goes to a file in there
SCHEMALATCH_BINARY    what is tested; build/dev/schemalatch where it is not set
"""
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import namespaces  # noqa: E402
from catalogue import FAULTS  # noqa: E402
from sidecar import Schemalatch  # noqa: E402
from story import SECONDS, Story  # noqa: E402

BINARY = os.environ.get("SCHEMALATCH_BINARY", str(pathlib.Path(__file__).resolve().parents[2] / "build/dev/schemalatch"))
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
SET_UP = 120  # seconds beside the fault itself; then all is ended
COLUMNS = "{:34} {:>11} {:>11} {:>14} {:>12} {:>15} {:>15} {:>15} {:>4}  {}"
HEAD = COLUMNS.format("fault (ready/fresh/behind)", "looks", "in log", "worst probe ms", "truth after s", "thr/fd/conn r", "thr/fd/conn b",
                      "RSS MiB r", "TERM", "verdict")


def line(name, books):
    def three(values, form="{:.0f}"):
        return "/".join(form.format(values[role]) for role in ("ready", "fresh", "behind"))

    def pair(role):
        before, now = ("/".join(map(str, triple)) for triple in books.resources[role])
        return f"{before} = " if before == now else f"{before} > {now}"

    return COLUMNS.format(name, three(books.looks), three(books.seen), three({role: 1000 * worst for role, worst in books.worst.items()}, "{:.1f}"),
                          three(books.truth, "{:.1f}"), pair("ready"), pair("behind"), "{:.1f} > {:.1f}".format(*books.memory["ready"]),
                          f"{1000 * books.end:.0f}", "FAILED" if books.complaints else "passed")


def report(name, text):
    print(text, flush=True)
    if folder := os.environ.get("FAULT_TABLE"):
        pathlib.Path(folder, name).write_text(text + "\n")


def give_up(number, _):
    raise SystemExit(f"ended by {signal.Signals(number).name}")


def main(name):
    fault = FAULTS[name]()
    if fault.namespaced and (why := namespaces.why_not()):
        report(name, f"{name}: skipped: {why}")
        return SKIPPED
    if fault.namespaced:
        namespaces.enter()
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, give_up)
    signal.alarm(int(SECONDS) + SET_UP)
    binary = Schemalatch(BINARY)
    try:
        with fault:
            books = Story(fault, binary).tell()
    finally:
        binary.stop_all()
    print(HEAD)
    report(name, line(name, books))
    for complaint in books.complaints:
        print(f"{name}: {complaint}")
    return 1 if books.complaints else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print("\n".join(FAULTS))
    elif sys.argv[1:] == ["--head"]:
        print(HEAD)
    elif len(sys.argv) == 2 and sys.argv[1] in FAULTS:
        sys.exit(main(sys.argv[1]))
    else:
        sys.exit("usage: run_fault.py --list | --head | " + " | ".join(FAULTS))
