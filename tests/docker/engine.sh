# shellcheck shell=sh disable=SC2154 # run.sh sets what is not set here
# Sourced by run.sh: the Docker engine, and the images that it makes.

# start_engine ARGUMENT...
start_engine() {
    for folder in /run/containerd /run/docker; do # sockets that would be left there
        mkdir -p "$folder"
        mount -t tmpfs tmpfs "$folder"
    done
    export DOCKER_HOST="unix://$work/docker.sock"
    dockerd --host "$DOCKER_HOST" --data-root "$CACHE/engine" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
        ${STORAGE_DRIVER:+"--storage-driver=$STORAGE_DRIVER"} "$@" >"$work/engine.log" 2>&1 </dev/null &
    engine_pid=$!
    wait_for 'the Docker engine' docker info
}

end_engine() {
    docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
    docker network prune --force >/dev/null
    kill "$engine_pid"
    wait "$engine_pid" || :
}

has_image() {
    docker image inspect "$1" >/dev/null 2>&1
}

# build TAG FOLDER ARGUMENT...
build() {
    tag=$1 folder=$2 && shift 2
    started=$(date +%s)
    quietly "build-$(echo "$tag" | tr ':/' '--')" docker build --network host --tag "$tag" "$@" "$folder"
    say "image $tag: $(($(date +%s) - started)) s"
}

make_bare() {
    has_image schemalatch-test-bare && return
    sh "$root/tests/bare_root.sh" "$work/bare"
    tar -C "$work/bare" -cf - . | docker import - schemalatch-test-bare >/dev/null
    rm -rf --one-file-system "$work/bare"
}

# The Dockerfile's image; with BINARY its last stage around that executable.
make_image() {
    if [ -z "$BINARY" ]; then
        build schemalatch-test-build "$here" --target build
        build "$IMAGE" "$root" --build-arg BASE=schemalatch-test-build
        return
    fi
    mkdir -p "$work/context/image/licenses"
    # shellcheck disable=SC2016 # Docker's variable
    {
        printf 'FROM scratch AS build\nCOPY image/ /image/\nFROM scratch\n'
        sed '1,/^FROM \${FINAL}/d' "$root/Dockerfile"
    } >"$work/context/Dockerfile"
    install --strip "$BINARY" "$work/context/image/schemalatch"
    cp "$root/LICENSE" "$work/context/image/licenses/schemalatch"
    build "$IMAGE" "$work/context"
}

build_all() {
    start_engine --bridge none --iptables=false
    make_bare
    make_image
    for stand_in in base:latest postgres:15 haproxy:2.6; do
        build "$(echo "$stand_in" | sed 's/^base:/schemalatch-test-base:/')" "$here" --target "${stand_in%%:*}"
    done
    for release in 1 2; do
        build "orders:$release" "$examples/alembic-fastapi" --build-arg BASE=schemalatch-test-base --build-arg "RELEASE=$release"
    done
    build orders-one:2 "$examples/one-image"
    build orders-guarded:2 "$examples/guarded-startup"
    build shop:1 "$examples/django" --build-arg BASE=schemalatch-test-base
    end_engine
}
