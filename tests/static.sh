#!/bin/sh
# Builds the preset `static` and proves that what it leaves needs nothing around it (static_proof.py tells how). As root,
# or as a user whom sudo lets in without a password.
#
#   tests/static.sh
set -eu

JOBS=${JOBS:-$(nproc)}

cd "$(dirname "$0")/.."
sh tests/setup.sh static
cmake --preset static
cmake --build --preset static --parallel "$JOBS"
as_root=''
[ "$(id -u)" -eq 0 ] || as_root='sudo -n'
$as_root env PYTHONDONTWRITEBYTECODE=1 TMPDIR="${TMPDIR:-/tmp}" /usr/bin/python3 tests/static_proof.py build/static/schemalatch
