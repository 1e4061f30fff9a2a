#!/bin/sh
# Real migration tools, in the versions that tools/ names, migrate real databases; what schemalatch says of them is compared
# with what was written down by hand.
#
#   tests/conformance/run.sh                  all tools
#   tests/conformance/run.sh django flyway    these
#
# Sets up, builds, fetches and runs, and prints each tool's seconds. The tools come through pip, mvn and go, from wherever
# those are set up to look, and stay in ${XDG_CACHE_HOME:-~/.cache}/schemalatch-conformance: delete it to fetch them anew.
set -eu

# --- settings ---
JOBS=${JOBS:-$(nproc)}

say() {
    echo "conformance/run.sh: $*" >&2
}

# check_names TOOL...: a name that matches no test would pass.
check_names() {
    for tool; do
        case " $tools " in
            *" $tool "*) ;;
            *) say "error: no tool \"$tool\"; there are: $tools" && exit 64 ;;
        esac
    done
}

# Prints a regular expression for the tests of these tools.
tests_of() {
    echo "^conformance_($(echo "$*" | tr ' ' '|'))\$"
}

print_table() {
    echo
    for tool; do
        cat "$CONFORMANCE_TABLE/$tool" 2>/dev/null || echo "$tool: FAILED to fetch"
    done
}

cd "$(dirname "$0")/../.."
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX")
CONFORMANCE_TABLE=$TMPDIR/table
export TMPDIR CONFORMANCE_TABLE PYTHONDONTWRITEBYTECODE=1
chmod 1777 "$TMPDIR" # the servers run as another user
mkdir "$CONFORMANCE_TABLE"
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh tests/setup.sh conformance
tools=$(/usr/bin/python3 tests/conformance/try_out.py --list)
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $tools
check_names "$@"
cmake --preset dev >/dev/null
cmake --build --preset dev --parallel "$JOBS" --target schemalatch
started=$(date +%s)
status=0
ctest --preset dev --build-config conformance --label-regex conformance --parallel "$JOBS" --tests-regex "$(tests_of "$@")" || status=$?
print_table "$@"
say "$(($(date +%s) - started)) s"
exit "$status"
