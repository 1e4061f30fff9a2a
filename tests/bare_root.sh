#!/bin/sh
# Makes a bare Debian in a new folder, as a stranger's machine has it: debootstrap's minbase, and the package sources
# that this machine uses. Needs root and debootstrap.
#
#   tests/bare_root.sh FOLDER [SUITE [CACHE]]    SUITE: bookworm (default), trixie; CACHE: a folder that keeps packages
set -eu

say() {
    echo "bare_root.sh: $*" >&2
}

# Prints the first package source of this machine.
find_mirror() {
    # shellcheck disable=SC2016 # apt-get's own placeholders
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1
}

# Gives the folder this machine's package sources, with the suite's name in place of this machine's.
copy_sources() {
    # shellcheck source=/dev/null
    . /etc/os-release
    rm -f "$folder/etc/apt/sources.list"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        sed "s/\\b$VERSION_CODENAME\\b/$suite/g" "$file" >"$folder${file}"
    done
    apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' >"$folder/etc/apt/apt.conf.d/90host"
    cp /etc/resolv.conf /etc/hosts "$folder/etc/"
}

[ $# -ge 1 ] || { echo 'usage: tests/bare_root.sh FOLDER [SUITE [CACHE]]' >&2 && exit 64; }
folder=$1 suite=${2-bookworm} cache=${3-}
[ "$(id -u)" -eq 0 ] || { say 'error: needs root' && exit 1; }
command -v debootstrap >/dev/null || { say 'error: needs debootstrap; run tests/setup.sh chroot' && exit 1; }
debootstrap --variant=minbase ${cache:+"--cache-dir=$cache"} "$suite" "$folder" "$(find_mirror)" >"$folder.log" 2>&1 ||
    { tail -n 5 "$folder.log" >&2 && say "error: debootstrap failed, its log is $folder.log" && exit 1; }
copy_sources
rm -f "$folder.log"
