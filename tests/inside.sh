# shellcheck shell=sh
# shellcheck disable=SC2154 # $here and $root are set by who sources this
# What tests/chroot.sh and tests/trixie.sh do in a bare Debian of their own: sourced, with $here set to this folder and
# $root to that Debian's.

PATH_INSIDE=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Copies into $1 what a clone would hold: the tracked files, and those that would be.
copy_tree() {
    mkdir -p "$1"
    (cd "$here/.." && git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
        tar --null --files-from=- --ignore-failed-read -cf -) | tar -C "$1" --no-same-owner -xf -
}

# visit_apart ARGUMENT...: runs this script again with --visit and the arguments, in its own mount and process namespace:
# nothing to unmount or to end afterwards, however it ends. In the background, so that a signal need not wait for it.
visit_apart() {
    unshare --mount --pid --fork --kill-child sh "$0" --visit "$@" &
    visit=$! visited=0
    wait "$visit" || visited=$?
    visit=''
    return "$visited"
}

# Ends the visit and all that it started: unshare dies of nothing milder.
end_visit() {
    [ -z "${visit-}" ] || kill -KILL "$visit" 2>/dev/null || :
    wait
}

# What a program expects of the kernel. Only for a namespace of our own.
mount_kernel() {
    mount --bind "$root" "$root" # a root that is a mount: programs in there may make mount namespaces too
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
}

# in_root COMMAND...: as root, with nothing of this machine's environment.
in_root() {
    chroot "$root" env -i PATH="$PATH_INSIDE" HOME=/root "$@" </dev/null
}
