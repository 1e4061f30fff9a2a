#!/bin/sh
# Set-up, build, and every test that the distribution's packages can run. Arguments go to ctest:
#
#   tests/run.sh                   all tests
#   tests/run.sh -L unit           one label
#   tests/run.sh -R gate           by name
set -eu

# --- settings ---
JOBS=${JOBS:-$(nproc)}
TEST_JOBS=${TEST_JOBS:-$((2 * JOBS))} # most tests wait more than they compute

say() {
    echo "run.sh: $*" >&2
}

# stage NAME COMMAND...: runs the command and tells how long it took.
stage() {
    name=$1 && shift
    started=$(date +%s)
    status=0
    "$@" || status=$?
    say "$name: $(($(date +%s) - started)) s"
    [ "$status" -eq 0 ] || { say "error: $name failed" && exit "$status"; }
}

run_tests() {
    ctest --preset dev --parallel "$TEST_JOBS" "$@" && return
    keep=yes && say "what the tests wrote is in $TMPDIR"
    return 1
}

clean_up() {
    [ "$keep" = yes ] || rm -rf "$TMPDIR"
}

cd "$(dirname "$0")/.."
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/tests.XXXXXX") keep=no
export TMPDIR
chmod 1777 "$TMPDIR" # some tests become another user
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
stage setup sh tests/setup.sh
stage configure cmake --preset dev
stage build cmake --build --preset dev --parallel "$JOBS"
stage tests run_tests "$@"
