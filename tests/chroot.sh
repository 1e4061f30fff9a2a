#!/bin/sh
# What a stranger meets: the README's commands in a bare Debian, as root without sudo and as a user with sudo. Prints the
# seconds of each, and fails where one fails or leaves something behind. Needs root and debootstrap.
#
#   tests/chroot.sh                both, on bookworm
#   tests/chroot.sh root           one of them
#   tests/chroot.sh user trixie    on another suite
set -eu

# --- settings ---
[ -n "${COMMANDS-}" ] || COMMANDS='examples/quickstart/run.sh
examples/quickstart/run.sh
tests/run.sh'

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/inside.sh
. "$here/inside.sh"

say() {
    echo "chroot.sh: $*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

in_root_as_visitor() {
    if [ "$visitor" = root ]; then
        in_root "$@"
    else
        in_root setpriv --reuid=dev --regid=dev --init-groups env HOME=/home/dev USER=dev "$@"
    fi
}

make_user_with_sudo() {
    { in_root apt-get update && in_root apt-get install -y --no-install-recommends sudo; } >/dev/null 2>&1 ||
        fail 'sudo could not be installed'
    in_root useradd --create-home dev
    echo 'dev ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/dev"
}

list_files() {
    (cd "$root" && find ".$home/schemalatch" -path '*/schemalatch/build' -prune -o -type f -print | sort)
}

# Tells what the command left that it should not have.
check_clean() {
    [ "$(list_files)" = "$files" ] || fail "$1 changed the list of files outside build/"
    [ -z "$(ls -A "$root/tmp")" ] || fail "$1 left in /tmp: $(ls -A "$root/tmp")"
    [ ! -e "$root/usr/sbin/policy-rc.d" ] || fail "$1 left a policy-rc.d"
    [ -z "$(ls -A "$root/etc/postgresql" 2>/dev/null)" ] || fail "$1 left a PostgreSQL cluster"
    # In a process namespace of its own: this script, its loop, and the two that count.
    left=$(find "$root/proc" -maxdepth 1 -name '[0-9]*' | wc -l)
    [ "$left" -le 5 ] || fail "$1 left a process: $(cat "$root"/proc/[0-9]*/cmdline | tr '\0' ' ')"
}

visit() {
    root=$1 visitor=$2 home=/root
    [ "$visitor" = root ] || home=/home/dev
    mount_kernel
    [ "$visitor" = root ] || make_user_with_sudo
    copy_tree "$root$home/schemalatch"
    in_root chown -R "${home##*/}:" "$home/schemalatch"
    files=$(list_files)
    echo "$COMMANDS" | while read -r command; do
        started=$(date +%s)
        in_root_as_visitor sh -c "cd && cd schemalatch && exec $command" || fail "$visitor: $command failed"
        echo "chroot.sh: $visitor: $command: $(($(date +%s) - started)) s"
        check_clean "$command"
    done
}

clean_up() {
    end_visit
    rm -rf --one-file-system "$work"
}

main() {
    visitors='root user' suite=${2-bookworm} failed=0
    case "${1-both}" in
        both) ;;
        root | user) visitors=$1 ;;
        *) echo 'usage: tests/chroot.sh [both|root|user [SUITE]]' >&2 && exit 64 ;;
    esac
    [ "$(id -u)" -eq 0 ] || fail 'needs root'
    work=$(mktemp -d "${TMPDIR:-/tmp}/schemalatch-chroot.XXXXXX")
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    sh "$here/bare_root.sh" "$work/bare" "$suite"
    for visitor in $visitors; do
        cp -a "$work/bare" "$work/$visitor"
        visit_apart "$work/$visitor" "$visitor" || failed=1
        rm -rf --one-file-system "${work:?}/$visitor"
    done
    exit "$failed"
}

if [ "${1-}" = --visit ]; then
    visit "$2" "$3"
else
    main "$@"
fi
