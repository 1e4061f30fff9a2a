#!/bin/sh
# The image of the Dockerfile and the examples of Compose, run by a Docker engine of its own: nothing is left of it but a
# cache. The images that the examples name are made of Debian's packages, so no image registry is needed.
#
#   tests/docker/run.sh                      all scenarios
#   tests/docker/run.sh image rolling        these
#   BINARY=build/static/schemalatch tests/docker/run.sh    with that executable in place of compiling one
#
# As root, or as a user whom sudo lets in without a password. The engine's layers stay in
# ${XDG_CACHE_HOME:-~/.cache}/schemalatch/docker: delete it to fetch Debian's packages anew.
set -eu

# --- settings ---
SCENARIOS='image rolling ungated start_period one_shot one_image guarded guarded_failing django'
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/schemalatch/docker
BINARY=${BINARY-}
STORAGE_DRIVER=${STORAGE_DRIVER-} # the engine picks one; vfs works everywhere, and is slow
WITHIN=120                        # seconds that anything may take that we wait for
BEFORE=4                          # seconds that the new release waits before and after its schema comes
PORT=8080                         # of the examples, in a network namespace of our own
IMAGE=schemalatch:0.1.0
PATH=/usr/sbin:/usr/bin:/sbin:/bin # Debian's engine and client, whatever else is there
export BEFORE PORT PATH
export DOCKER_BUILDKIT=0 PYTHONDONTWRITEBYTECODE=1

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
examples=$root/examples

say() {
    echo "docker/run.sh: $*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

# quietly NAME COMMAND...: its output is shown only if it fails.
quietly() {
    name=$1 && shift
    "$@" >"$work/$name.log" 2>&1 </dev/null || { tail -n 40 "$work/$name.log" >&2 && fail "$name failed: $*"; }
}

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
    what=$1 && shift
    deadline=$(($(date +%s) + WITHIN))
    until "$@" >"$work/wait.log" 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || { tail -n 20 "$work/wait.log" >&2 && fail "$what did not come within $WITHIN s"; }
        sleep 0.2
    done
}

# expect WHAT EXPECTED SEEN
expect() {
    [ "$2" = "$3" ] || fail "$1: expected \"$2\", saw \"$3\""
}

# shellcheck source=tests/docker/engine.sh
. "$here/engine.sh"
# shellcheck source=tests/docker/compose.sh
. "$here/compose.sh"
for file in "$here"/scenarios/*.sh; do
    # shellcheck source=/dev/null
    . "$file"
done

# --- in namespaces of their own, so that nothing outlives them ---

run_all() {
    ip link set lo up
    start_engine
    for scenario; do
        started=$(date +%s)
        "run_$scenario"
        say "$scenario passed: $(($(date +%s) - started)) s"
    done
    end_engine
}

# --- outside ---

# apart NET ARGUMENT...: this script again, in namespaces of its own: whatever it started ends with it.
apart() {
    net=$1 && shift
    # shellcheck disable=SC2086 # nothing, or one word
    unshare $net --mount --pid --fork --kill-child --mount-proc sh "$0" "$@" &
    apart_pid=$! status=0
    wait "$apart_pid" || status=$?
    apart_pid=''
    return "$status"
}

clean_up() {
    [ -z "${apart_pid-}" ] || kill -KILL "$apart_pid" 2>/dev/null || :
    wait
    rm -rf --one-file-system "$work"
}

main() {
    # shellcheck disable=SC2086 # a list of words
    [ $# -gt 0 ] || set -- $SCENARIOS
    for name; do
        case " $SCENARIOS " in
            *" $name "*) ;;
            *) say "error: no scenario \"$name\"; there are: $SCENARIOS" && exit 64 ;;
        esac
    done
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || fail "needs root; run as root: sh $0"
        exec sudo -n env TMPDIR="${TMPDIR:-/tmp}" BINARY="$BINARY" STORAGE_DRIVER="$STORAGE_DRIVER" sh "$0" "$@"
    fi
    sh "$root/tests/setup.sh" docker
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    flock --nonblock 9 || fail "another run uses $CACHE"
    work=$(mktemp -d "${TMPDIR:-/tmp}/docker.XXXXXX") # short: a socket's path in it must not be long
    chmod 711 "$work"
    export work
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    apart '' --build
    apart --net --run "$@"
}

case "${1-}" in
    --build) build_all ;;
    --run) shift && run_all "$@" ;;
    *) main "$@" ;;
esac
