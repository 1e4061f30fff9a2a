#!/bin/sh
# Compares our verdicts on random Alembic projects with real Alembic's. Arguments go to generate.py:
#
#   SCHEMALATCH_ORACLE=build/dev/tests/oracle_judge tests/integration/oracle/run.sh --seed 7 --projects 50
#
# Exits with 77 where Alembic is not installed.
set -eu

# --- settings ---
PYTHON=${PYTHON:-/usr/bin/python3} # the distribution's, which has its alembic
SKIPPED=77

say() {
    echo "oracle/run.sh: $*" >&2
}

here=$(cd "$(dirname "$0")" && pwd)
if [ ! -x "${SCHEMALATCH_ORACLE:-}" ]; then
    say "error: SCHEMALATCH_ORACLE names no program; build oracle_judge"
    exit 1
fi
if ! "$PYTHON" -c 'import alembic, sqlalchemy' 2>/dev/null; then
    say "skipped: $PYTHON has no alembic; run tests/setup.sh"
    exit "$SKIPPED"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The judge fails too if the generator stops early.
"$PYTHON" "$here/generate.py" --folder "$folder" "$@" | "$SCHEMALATCH_ORACLE"
