#!/bin/sh
# Builds the Dockerfile's image on a bare Debian of its own making and runs it as a cluster would: any uid, read-only root
# filesystem, no capabilities. Starts its own Docker engine and ends it. Needs root, debootstrap and docker.io.
#
#   tests/image.sh                 keeps nothing
set -eu

# --- settings ---
START_WITHIN=60 # seconds that the engine, and then the container, may take
IMAGE=schemalatch:test
export DOCKER_BUILDKIT=0 # Debian's docker.io has no BuildKit client

here=$(cd "$(dirname "$0")" && pwd)
engine_pid=''

say() {
    echo "image.sh: $*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
    what=$1 && shift
    deadline=$(($(date +%s) + START_WITHIN))
    until "$@" >"$work/wait.log" 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || { tail -n 20 "$work"/*.log >&2 && fail "$what did not come"; }
        sleep 0.2
    done
}

start_engine() {
    export DOCKER_HOST="unix://$work/docker.sock"
    dockerd --host "$DOCKER_HOST" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
        --storage-driver vfs --bridge none --iptables=false >"$work/engine.log" 2>&1 </dev/null &
    engine_pid=$!
    wait_for 'the Docker engine' docker info
}

clean_up() {
    if [ -n "$engine_pid" ]; then
        docker ps --quiet | xargs --no-run-if-empty docker kill >/dev/null || :
        kill "$engine_pid" || :
        wait "$engine_pid" || :
    fi
    # Mounts of a container that was killed would stand in the way.
    grep -oE " $work/[^ ]+" /proc/mounts | sort -r | xargs --no-run-if-empty umount || :
    rm -rf --one-file-system "$work"
}

# run ARGUMENT...: the image, as a cluster with strict rules runs it.
run() {
    docker run --rm --network host --read-only --cap-drop ALL --security-opt no-new-privileges "$@"
}

make_base() {
    sh "$here/bare_root.sh" "$work/bare"
    tar -C "$work/bare" -cf - . | docker import - schemalatch-base >/dev/null
}

check_image() {
    docker image inspect --format '{{.Config.User}}' "$IMAGE" | grep -qE '^[1-9][0-9]*' || fail 'the user is no number, or root'
    run "$IMAGE" --version
    run --user 123456 "$IMAGE" --version >/dev/null || fail 'does not run as an arbitrary user'
}

check_serve() {
    run --name gate --volume "$work/empty:/data:ro" "$IMAGE" serve --url sqlite:////data/absent.db --tool alembic \
        --require 1 --listen 127.0.0.1:0 >"$work/serve.log" 2>&1 </dev/null &
    run_pid=$!
    wait_for 'the sidecar' grep -qE '127\.0\.0\.1:[1-9]' "$work/serve.log"
    address=$(sed -nE 's/.*(127\.0\.0\.1:[0-9]+).*/\1/p' "$work/serve.log" | head -n 1)
    for expected in livez=200 readyz=503; do
        status=$(curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' "http://$address/${expected%=*}") || :
        [ "$status" = "${expected#*=}" ] || fail "/${expected%=*} answered $status, not ${expected#*=}"
    done
    docker stop --time 5 gate >/dev/null
    wait "$run_pid" || fail "serve exited $? on SIGTERM"
}

[ "$(id -u)" -eq 0 ] || fail 'needs root'
for program in dockerd docker debootstrap curl; do
    command -v "$program" >/dev/null || fail "needs $program (packages docker.io, debootstrap, curl)"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/schemalatch-image.XXXXXX")
chmod 711 "$work"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/empty"

started=$(date +%s)
start_engine
make_base
say "engine and base: $(($(date +%s) - started)) s"
started=$(date +%s)
docker build --network host --build-arg BASE=schemalatch-base --tag "$IMAGE" "$here/.." >"$work/build.log" 2>&1 ||
    { tail -n 40 "$work/build.log" >&2 && fail 'the image did not build'; }
say "docker build: $(($(date +%s) - started)) s"
started=$(date +%s)
check_image
check_serve
say "the image at work: $(($(date +%s) - started)) s"
say "passed; the image has $(docker image inspect --format '{{.Size}}' "$IMAGE") bytes, its base $(docker image inspect \
    --format '{{.Size}}' schemalatch-base)"
