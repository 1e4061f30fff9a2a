#!/bin/sh
# The fault matrix: what goes wrong with a PostgreSQL, half a minute each, while three sidecars get 20 probes a second.
#
#   tests/faults/run.sh                          all faults; catalogue.py lists them
#   tests/faults/run.sh table_locked slots_full  these
#   FAULT_SECONDS=8 tests/faults/run.sh          shorter
#
# Sets up, builds, runs, and prints a line for each fault. A number triple is of the gate that was ready before, of the
# one that started while the fault lasted, of the one that needs more than is there:
#
#   looks           while the fault lasted, by the sidecar's own counter
#   in log          of these, those that the server's log shows: none where it cannot be reached
#   worst probe ms  of all probes, before, during and after; each must be right, and there within 1 s
#   truth after s   from the mending to the first look that tells the truth
#   thr/fd/conn     threads, descriptors, connections at the server, before and after ("r": was ready, "b": behind)
#   TERM            ms from SIGTERM to the end, the worst of four, one of them ended while the fault lasted
#
# What needs namespaces, and so root, is skipped without it.
set -eu

# --- settings ---
JOBS=${JOBS:-$(nproc)}
FAULT_JOBS=${FAULT_JOBS:-8} # at a time: mostly they wait

say() {
    echo "faults/run.sh: $*" >&2
}

# Prints a regular expression for the tests of the faults named, or of all.
tests_of() {
    [ $# -gt 0 ] || { echo '^fault_' && return; }
    echo "^fault_($(echo "$*" | tr ' ' '|'))\$"
}

run_faults() {
    ctest --preset dev --build-config faults --label-regex faults --parallel "$FAULT_JOBS" --tests-regex "$(tests_of "$@")"
}

print_table() {
    echo
    /usr/bin/python3 tests/faults/run_fault.py --head
    for fault in $(/usr/bin/python3 tests/faults/run_fault.py --list); do
        [ ! -e "$FAULT_TABLE/$fault" ] || cat "$FAULT_TABLE/$fault"
    done
}

cd "$(dirname "$0")/../.."
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/faults.XXXXXX")
FAULT_TABLE=$TMPDIR/table
export TMPDIR FAULT_TABLE PYTHONDONTWRITEBYTECODE=1
chmod 1777 "$TMPDIR" # the servers run as another user
mkdir "$FAULT_TABLE"
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh tests/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev --parallel "$JOBS" --target schemalatch
started=$(date +%s)
status=0
run_faults "$@" || status=$?
print_table
say "$(($(date +%s) - started)) s"
exit "$status"
