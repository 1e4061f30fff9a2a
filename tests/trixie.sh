#!/bin/sh
# Compiles schemalatch and its unit tests in a bare Debian 13 (trixie) of its own making, whose compiler and libraries are
# years younger than Debian 12's, and runs them. Packages and compiled files are kept in a cache folder of root's.
# As root, or as a user whom sudo lets in without a password.
#
#   tests/trixie.sh                 the tests labelled `unit`
#   tests/trixie.sh COMMAND...      other commands, in that Debian, in a copy of this tree
set -eu

# --- settings ---
SUITE=trixie
JOBS=${JOBS:-$(nproc)}
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/schemalatch/$SUITE
# Warnings are errors, as in `dev`; nobody debugs there, and half the time would be spent on writing for debuggers.
CONFIGURE='cmake --preset dev -DCMAKE_CXX_FLAGS_DEBUG='

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/inside.sh
. "$here/inside.sh"

say() {
    echo "trixie.sh: $*" >&2
}

# stage NAME COMMAND...: runs the command and tells how long it took.
stage() {
    name=$1 && shift
    started=$(date +%s)
    "$@" || { say "error: $name failed" && exit 1; }
    say "$name: $(($(date +%s) - started)) s"
}

# In the copy of the tree. ccache finds there what an earlier run compiled.
in_tree() {
    in_root env CCACHE_DIR=/var/cache/ccache JOBS="$JOBS" sh -c 'cd /root/schemalatch && exec "$@"' sh "$@"
}

set_up_inside() {
    in_tree sh tests/setup.sh unit >"$root/root/setup.log" 2>&1 || { tail -n 20 "$root/root/setup.log" >&2 && return 1; }
}

# The machine's packages and compiled files, as folders of that Debian.
mount_cache() {
    mkdir -p "$root/var/cache/ccache" "$root/var/cache/apt/archives"
    mount --bind "$CACHE/ccache" "$root/var/cache/ccache"
    mount --bind "$CACHE/archives" "$root/var/cache/apt/archives"
}

visit() {
    root=$1 && shift
    mount_kernel
    mount_cache
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/short-lived" # nothing here outlives a crash
    copy_tree "$root/root/schemalatch"
    stage setup set_up_inside
    if [ $# -gt 0 ]; then
        in_tree "$@"
        return
    fi
    # shellcheck disable=SC2086 # a list of words
    stage configure in_tree $CONFIGURE
    stage build in_tree cmake --build --preset dev --parallel "$JOBS" --target schemalatch unit_tests
    stage tests in_tree ctest --preset dev --label-regex unit --parallel "$JOBS"
}

clean_up() {
    end_visit
    rm -rf --one-file-system "$work"
}

main() {
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || { say "error: needs root; run as root: sh $0" && exit 1; }
        exec sudo -n env TMPDIR="${TMPDIR:-/tmp}" JOBS="$JOBS" sh "$0" "$@"
    fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/schemalatch-trixie.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    sh "$here/setup.sh" chroot
    mkdir -p "$CACHE/ccache" "$CACHE/archives"
    stage debian sh "$here/bare_root.sh" "$work/root" "$SUITE" "$CACHE/archives"
    visit_apart "$work/root" "$@"
}

if [ "${1-}" = --visit ]; then
    shift
    visit "$@"
else
    main "$@"
fi
