#!/bin/sh
# What an upgrade promises when runners race and holders of the lock vanish, on real servers.
#
#   tests/upgrade/run.sh                 all
#   tests/upgrade/run.sh killed cut      these; tests/CMakeLists.txt lists them
#   UPGRADE_COUNT=3 tests/upgrade/run.sh fewer rounds of each
#
# What needs namespaces, and so root, is skipped without it.
set -eu

# --- settings ---
JOBS=${JOBS:-$(nproc)}
UPGRADE_JOBS=${UPGRADE_JOBS:-8} # at a time: mostly they wait

say() {
    echo "upgrade/run.sh: $*" >&2
}

# Prints a regular expression for the tests named, or for all.
tests_of() {
    if [ $# -gt 0 ]; then echo "^upgrade_($(echo "$*" | tr ' ' '|'))_"; else echo '^upgrade_'; fi
}

cd "$(dirname "$0")/../.."
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/upgrade.XXXXXX")
export TMPDIR
chmod 1777 "$TMPDIR" # the servers run as another user
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh tests/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev --parallel "$JOBS" --target schemalatch
started=$(date +%s)
status=0
ctest --preset dev --build-config upgrade --label-regex '^upgrade$' --parallel "$UPGRADE_JOBS" --tests-regex "$(tests_of "$@")" \
    --output-log "$TMPDIR/log" --verbose >/dev/null || status=$?
grep -hoE 'taken over after [0-9.]+ s|slowest [0-9]+ [0-9.]+|^[0-9]+: (first|code).*' "$TMPDIR/log" | sort | uniq -c | sort -rn | head -80 || :
tail -n 40 "$TMPDIR/log"
say "$(($(date +%s) - started)) s"
exit "$status"
