#!/bin/sh
# Real migration tools, in the versions that tools/ names, migrate real databases; what schemalatch says of them is compared
# with what was written down by hand.
#
#   tests/conformance/run.sh                  all tools
#   tests/conformance/run.sh django flyway    these
#
# Sets up, builds, fetches and runs; prints each tool's seconds. The tools come through pip, mvn and go, from wherever those
# clients are set up to look, and stay in ${XDG_CACHE_HOME:-~/.cache}/schemalatch-conformance: delete it to fetch them anew.
set -eu

# --- settings ---
JOBS=${JOBS:-$(nproc)}
PYTHON=/usr/bin/python3 # the distribution's, which has its pytest and psycopg2

# try_out TOOL: fetches it and runs what is about it, and adds a line to the table.
try_out() {
    started=$(date +%s) outcome=passed
    "$PYTHON" tests/conformance/fetch.py "$1" || outcome='FAILED to fetch'
    fetched=$(date +%s)
    if [ "$outcome" = passed ]; then
        "$PYTHON" -m pytest tests/conformance --tool "$1" || outcome=FAILED
    fi
    table=$table$(printf '%-16s fetching %4d s   testing %4d s   %s' "$1" $((fetched - started)) $(($(date +%s) - fetched)) "$outcome")'
'
    [ "$outcome" = passed ] || status=1
}

cd "$(dirname "$0")/../.."
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/conformance.XXXXXX")
SCHEMALATCH_BINARY=$PWD/build/dev/schemalatch
export TMPDIR SCHEMALATCH_BINARY PYTHONDONTWRITEBYTECODE=1
chmod 1777 "$TMPDIR" # the servers run as another user
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh tests/setup.sh conformance
cmake --preset dev >/dev/null
cmake --build --preset dev --parallel "$JOBS" --target schemalatch
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $("$PYTHON" tests/conformance/fetch.py --list)
status=0 table=''
for tool; do
    try_out "$tool"
done
echo
printf '%s' "$table"
exit "$status"
