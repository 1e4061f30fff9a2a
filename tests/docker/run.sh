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
export PORT PATH
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

# --- the engine; everything from here on runs in namespaces of its own, so nothing outlives them ---

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
    { printf 'ARG FINAL=scratch\nFROM scratch AS build\nCOPY image/ /image/\n' && sed -n '/^FROM ${FINAL}/,$p' "$root/Dockerfile"; } \
        >"$work/context/Dockerfile"
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

# --- what the scenarios are made of ---

# Points `compose` at an example.
use() {
    file=$examples/$1
    export COMPOSE_PROJECT_NAME="$scenario"
}

compose() {
    docker-compose --ansi never --project-directory "${file%/*}" -f "$file" "$@" </dev/null
}

container_of() {
    compose ps --quiet "$1" | head -n 1
}

address_of() {
    docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}

has_container() {
    [ -n "$(compose ps --quiet "$1")" ]
}

# exits_with CODE COMMAND...
exits_with() {
    code=0 expected=$1 && shift
    "$@" || code=$?
    [ "$code" -eq "$expected" ]
}

# Prints the HTTP status, 000 for none.
status_of() {
    curl --silent --noproxy '*' --max-time 5 --output "$work/body" --write-out '%{http_code}' "http://$1" || :
}

# answers ADDRESS STATUS
answers() {
    seen=$(status_of "$1")
    echo "$1 answers $seen"
    [ "$seen" = "$2" ]
}

state_of() {
    docker inspect --format "{{$2}}" "$1"
}

# is_in_state CONTAINER FIELD VALUE
is_in_state() {
    [ "$(state_of "$1" "$2")" = "$3" ]
}

# Prints the outcome of each run that the journal of the database knows.
runs() {
    docker exec "$(container_of db)" psql -U postgres -d orders -Atc 'SELECT outcome FROM schemalatch.run ORDER BY started_at' | tr '\n' ' '
}

new_has_answered() {
    grep -q ' 200 2$' "$work/load"
}

end_compose() {
    quietly down compose down --volumes --remove-orphans --timeout 2
}

# --- the scenarios ---

run_image() {
    expect 'the user' 65532:65532 "$(state_of "$IMAGE" .Config.User)"
    version=$(docker run --rm "$IMAGE" --version)
    expect 'the label of the version' "schemalatch $(docker image inspect --format \
        '{{index .Config.Labels "org.opencontainers.image.version"}}' "$IMAGE")" "${version%% (*}"
    docker create --name files "$IMAGE" >/dev/null
    # The engine adds empty ones where it mounts.
    files=$(docker export files | tar -tvf - | awk '$1 ~ /^-/ && $3 > 0 {print $6}' | grep -v '^licenses/' | tr '\n' ' ')
    licences=$(docker export files | tar -tf - | grep -c '^licenses/[^/]*-dev$' || :)
    docker rm files >/dev/null
    [ -n "$BINARY" ] || [ "$licences" -gt 10 ] || fail "licences of what is linked in: only $licences"
    expect 'the files' 'schemalatch ' "$files"

    # As a cluster with strict rules runs it: any user, nothing to write, no capability.
    mkdir "$work/data"
    /usr/bin/python3 - "$work/data/orders.db" <<'EOF'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("CREATE TABLE schema_migrations (version uint64, dirty bool)")
    database.execute("INSERT INTO schema_migrations VALUES (1, 0)")
EOF
    docker run --detach --name gate --read-only --cap-drop ALL --security-opt no-new-privileges --user 123456 \
        --health-interval 1s --volume "$work/data:/data:ro" "$IMAGE" serve --url sqlite:////data/orders.db \
        --tool golang-migrate --require 2 >/dev/null
    address=$(address_of gate):7355
    wait_for 'the sidecar' answers "$address/livez" 200
    expect /readyz 503 "$(status_of "$address/readyz")"
    code=0 && docker exec gate /schemalatch check --via >/dev/null || code=$?
    expect 'check --via at a schema that is behind' 1 "$code"
    sleep 2
    expect 'the health before the schema is there' starting "$(state_of gate .State.Health.Status)"
    /usr/bin/python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database: database.execute("UPDATE schema_migrations SET version = 3")' "$work/data/orders.db"
    wait_for 'a healthy container' is_in_state gate .State.Health.Status healthy
    expect '/readyz of a database that is ahead' 200 "$(status_of "$address/readyz")"
    docker stop --time 5 gate >/dev/null
    expect 'the exit code after SIGTERM' 0 "$(state_of gate .State.ExitCode)"
    docker rm gate >/dev/null
    say "image: $(state_of "$IMAGE" .Size) bytes"
}

# Moves from release 1 to release 2 under load; leaves the counts in $story.
roll() {
    use compose/rolling.yaml
    quietly up-db compose up --detach db
    RELEASE=1 quietly first-upgrade compose run --rm upgrade
    quietly up-old compose up --detach old proxy
    wait_for 'release 1' answers "127.0.0.1:$PORT/orders" 200
    /usr/bin/python3 "$here/load.py" "http://127.0.0.1:$PORT/orders" "$work/load" &
    load_pid=$!
    sleep "$BEFORE"
    quietly up-new compose up --detach new
    wait_for "release 2's sidecar" answers "$(address_of "$(container_of new-schema)"):7355/readyz" 503
    wait_for "release 2 itself" answers "$(address_of "$(container_of new-schema)"):8000/healthz" 200
    sleep "$BEFORE"
    compose run --rm upgrade /schemalatch upgrade -- sh -c "sleep $BEFORE; date +moment=%s.%N; exec alembic upgrade head" \
        >"$work/upgrade.log" 2>&1 || { cat "$work/upgrade.log" >&2 && fail 'the upgrade failed'; }
    wait_for 'an answer of release 2' new_has_answered
    sleep "$BEFORE"
    kill "$load_pid"
    wait "$load_pid"
    moment=$(sed -n 's/^moment=\([0-9.]*\).*/\1/p' "$work/upgrade.log")
    story=$(/usr/bin/python3 "$here/story.py" "$work/load" "$moment")
    end_compose
    say "$scenario: $story"
    # shellcheck disable=SC2086 # name=value, a word each
    for word in $story; do
        eval "$word"
    done
}

# shellcheck disable=SC2154 # roll sets them
run_rolling() {
    roll
    [ "$errors" -eq 0 ] || awk '$3 != 200' "$work/load" >&2 # when each began and ended, and its status
    expect 'errors' 0 "$errors"
    expect 'answers of release 2 before its schema' 0 "$new_before"
    for count in old_before old_after new_after; do
        [ "$(eval "echo \$$count")" -gt 20 ] || fail "$count: too few answers to mean anything: $story"
    done
}

# The same with the gate taken out: HAProxy asks the application, not the sidecar. If that went well, `rolling` proves nothing.
run_ungated() {
    sed 's|/readyz|/healthz|; s|port 7355|port 8000|' "$examples/compose/haproxy.cfg" >"$work/haproxy.cfg"
    HAPROXY_CFG=$work/haproxy.cfg
    export HAPROXY_CFG
    roll
    unset HAPROXY_CFG
    [ "$errors" -gt 20 ] || fail "without the gate there should be errors: $story"
}

run_start_period() {
    use compose/start-period.yaml
    quietly up-db compose up --detach db
    # Too short: the sidecar is unhealthy while the schema is missing, and that ends `up`.
    if START_PERIOD=1s compose up --detach orders >"$work/short.log" 2>&1; then
        fail 'a start_period of 1s was long enough'
    fi
    expect 'the application after that' '' "$(compose ps --quiet orders)"
    compose rm --force --stop schema >/dev/null 2>&1

    compose up --detach orders >"$work/up.log" 2>&1 &
    up_pid=$!
    wait_for 'the sidecar' has_container schema
    sleep "$BEFORE"
    expect 'the application before the upgrade' '' "$(compose ps --quiet orders)"
    quietly upgrade compose run --rm upgrade
    wait "$up_pid" || { cat "$work/up.log" >&2 && fail 'up failed'; }
    wait_for 'the application' answers "127.0.0.1:$PORT/orders" 200
    end_compose
}

run_one_shot() {
    use compose/one-shot.yaml
    quietly up compose up --detach
    expect "the upgrade's exit code" 0 "$(state_of "$(container_of upgrade)" .State.ExitCode)"
    wait_for 'the application' answers "127.0.0.1:$PORT/orders" 200
    quietly again compose up --detach
    expect 'the runs' 'succeeded ' "$(runs)"
    end_compose

    # The upgrade fails: nothing is served, and `up` says so.
    sed 's/alembic, upgrade, head/alembic, upgrade, nowhere/; s|\.\./|'"$examples/|; s|\./roles|$examples/compose/roles|" "$file" >"$work/failing.yaml"
    file=$work/failing.yaml
    if compose up --detach >"$work/failing.log" 2>&1; then
        fail 'up succeeded over a failed upgrade'
    fi
    expect "the failed upgrade's exit code" 10 "$(state_of "$(container_of upgrade)" .State.ExitCode)"
    [ -z "$(container_of orders)" ] || is_in_state "$(container_of orders)" .State.Running false || fail 'the application runs'
    end_compose
}

# one ARGUMENT...: the image of one-image/, beside the database of the example in use.
one() {
    docker run --network "${scenario}_default" --env DATABASE_URL=postgresql://orders_owner:owner@db/orders \
        --env SCHEMALATCH_URL=postgresql://orders_owner:owner@db/orders "$@"
}

run_one_image() {
    use compose/one-shot.yaml
    quietly up-db compose up --detach db
    one --detach --name one --health-interval 1s orders-one:2 >/dev/null
    wait_for 'the application' answers "$(address_of one):8000/healthz" 200
    wait_for 'a look at the unmigrated database' exits_with 3 docker exec one /schemalatch check
    expect 'its health before the upgrade' starting "$(state_of one .State.Health.Status)"
    quietly upgrade one --rm orders-one:2 upgrade
    quietly upgrade-again one --rm orders-one:2 upgrade
    wait_for 'a healthy container' is_in_state one .State.Health.Status healthy
    expect 'the application' 200 "$(status_of "$(address_of one):8000/orders")"
    grep -q 'the first customer' "$work/body" || fail "the upgrade's other tasks did not run: $(cat "$work/body")"
    expect 'another command' hello "$(one --rm orders-one:2 echo hello)"
    docker rm --force one >/dev/null
    end_compose
}

all_answer() {
    for container in $(compose ps --quiet orders); do
        answers "$(address_of "$container"):8000/orders" 200 || return 1
    done
}

restarts() {
    compose ps --quiet orders | xargs docker inspect --format '{{.RestartCount}}' | sort -u | tr '\n' ' '
}

run_guarded() {
    use guarded-startup/compose.yaml
    quietly up compose up --detach --scale orders=10
    wait_for 'ten containers that serve' all_answer
    expect 'how many there are' 10 "$(compose ps --quiet orders | wc -l)"
    expect 'the runs' 'succeeded ' "$(runs)"
    expect 'the restarts' '0 ' "$(restarts)"
    end_compose
}

all_gave_up() {
    for container in $(compose ps --quiet orders); do
        docker top "$container" -o pid,args | grep -q 'schemalatch wait' || return 1
    done
}

# Ends after the last container has begun to wait, as a failing migration on tables of some size does.
run_guarded_failing() {
    use guarded-startup/compose.yaml
    export UPGRADE_COMMAND="timeout 30 sleep 60"
    quietly up compose up --detach --scale orders=10
    wait_for 'ten containers that gave up' all_gave_up
    expect 'the runs' 'failed ' "$(runs)"
    expect 'the restarts' '0 ' "$(restarts)"
    # One that waits ends when it is told to, and not by force.
    stopped=$(container_of orders)
    docker stop --time 10 "$stopped" >/dev/null
    expect 'the exit code of one that was told to stop' 143 "$(state_of "$stopped" .State.ExitCode)"
    docker rm "$stopped" >/dev/null
    # Somebody puts it right by hand: all others go on by themselves.
    quietly upgrade compose run --rm --entrypoint /schemalatch -e SCHEMALATCH_URL=postgresql://orders_owner:owner@db/orders \
        -e DATABASE_URL=postgresql://orders_owner:owner@db/orders orders upgrade -- alembic upgrade head
    wait_for 'nine containers that serve' all_answer
    expect 'the restarts after that' '0 ' "$(restarts)"
    unset UPGRADE_COMMAND
    end_compose
}

run_django() {
    use django/compose.yaml
    quietly up compose up --detach
    wait_for 'the application' answers "127.0.0.1:$PORT/orders" 200
    docker exec --env SCHEMALATCH_URL=postgresql://orders_ro:ro@db/orders "$(container_of shop)" /schemalatch status \
        >"$work/status.log" 2>&1 || { cat "$work/status.log" >&2 && fail 'the sidecar would not be ready'; }
    expect 'the runs' 'succeeded ' "$(runs)"
    end_compose
}

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
