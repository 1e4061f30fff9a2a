#!/bin/sh
# The whole story in a real cluster, the one that KUBECONFIG names: upgrade, eviction, scale-out, rollback, a failed upgrade
# and its retry, a database that is away, a drain. In a namespace of its own, which is deleted at the end.
#
#   KUBECONFIG=~/.kube/config LOAD='kind load docker-image' tests/e2e/kubernetes/run.sh
#   KUBECONFIG=... REPOSITORY=registry.mine/orders LOAD='docker push' tests/e2e/kubernetes/run.sh
#   KUBECONFIG=... REPOSITORY=registry.mine/orders BUILD=no tests/e2e/kubernetes/run.sh   # the images are there already
#
# The drain cordons a node for as long as it takes, and evicts only our own pods; DRAIN=no leaves it out. Exits with 0 if all
# that was run passed, with 77 if nothing was run.
set -eu

# --- settings ---
KUBECTL=${KUBECTL:-kubectl}
DOCKER=${DOCKER:-docker}
BASE=${BASE:-debian:bookworm-slim}
BINARY=${BINARY:-build/static/schemalatch}
REPOSITORY=${REPOSITORY:-schemalatch-e2e/orders}
LOAD=${LOAD-}             # a command that gets an image and brings it to the nodes; empty: they have what Docker has
BUILD=${BUILD:-yes}
BUILD_FLAGS=${BUILD_FLAGS-} # for docker build, such as --network host
DRAIN=${DRAIN:-yes}
KEEP=${KEEP:-no}          # yes: the namespace stays
NAMESPACE=${NAMESPACE:-schemalatch-e2e-$$}
LIMIT=${LIMIT:-300}       # seconds that each thing we wait for may take
STUCK=${STUCK:-20}        # seconds of watching that nothing happens
AWAY=${AWAY:-60}          # seconds without a database; longer than a ready gate's pause between two looks
STORY='install upgrade evict_old_pod scale_out roll_back fail retry database_away drain'

say() {
    echo "e2e/kubernetes/run.sh: $*" >&2
}

# finish_early REASON: nothing can be run, and that is no failure.
finish_early() {
    say "skipped: $*"
    say "0 passed, 0 failed, $(echo "$STORY" | wc -w) skipped"
    exit 77
}

k() {
    "$KUBECTL" --namespace "$NAMESPACE" "$@"
}

# wait_for WHAT COMMAND...: until the command succeeds.
wait_for() {
    what=$1 && shift
    end=$(($(date +%s) + LIMIT))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$end" ] || { say "expected $what within $LIMIT s" && return 1; }
        sleep 1
    done
}

# stays SECONDS WHAT COMMAND...: the command succeeds, all that time.
stays() {
    end=$(($(date +%s) + $1)) what=$2
    shift 2
    while [ "$(date +%s)" -lt "$end" ]; do
        "$@" || { say "expected all the while: $what" && return 1; }
        sleep 1
    done
}

# --- the image ---

# Leaves in $work/context/VERSION what an image of that version holds.
prepare() {
    mkdir -p "$work/context/$1"
    cp -R examples/quickstart/alembic.ini examples/quickstart/migrations "$work/context/$1/"
    cp tests/kubelet/application.py tests/e2e/kubernetes/clients.py "$work/context/$1/"
    echo 'SELECT count(*) FROM orders WHERE shipped_at IS NULL' >"$work/context/$1/query.sql"
}

build_images() {
    mkdir "$work/context"
    cp "$BINARY" "$work/context/schemalatch"
    for version in 42 43 44; do
        prepare "$version"
    done
    rm "$work"/context/42/migrations/versions/0003_* "$work"/context/42/migrations/versions/0004_*
    echo 'SELECT count(*) FROM order_lines' >"$work/context/42/query.sql"
    cat >"$work/context/44/migrations/versions/0005_one_order_each.py" <<'END'
from alembic import op

revision = "b51de0c0ffee"
down_revision = "ae1027a6acf3"


def upgrade():
    op.execute("CREATE UNIQUE INDEX one_order_each ON orders (customer)")
END
    for version in 42 43 44; do
        # shellcheck disable=SC2086 # flags
        "$DOCKER" build $BUILD_FLAGS --quiet --file tests/e2e/kubernetes/Dockerfile --build-arg "BASE=$BASE" --build-arg "VERSION=$version" \
            --tag "$REPOSITORY:$version" "$work/context" >/dev/null
        # shellcheck disable=SC2086 # a command and its words
        [ -z "$LOAD" ] || $LOAD "$REPOSITORY:$version"
    done
}

# --- words of the story ---

# apply VERSION ATTEMPT PART...: the example's manifests.
apply() {
    version=$1 attempt=$2
    shift 2
    PARTS="$*" examples/kubernetes/render.sh "$REPOSITORY:$version" "$attempt" | k apply -f - >/dev/null
}

# job_of VERSION ATTEMPT: its name.
job_of() {
    PARTS=upgrade-job examples/kubernetes/render.sh "$REPOSITORY:$1" "$2" | sed -n 's/^  name: \(orders-upgrade-.*\)/\1/p'
}

rolled_out() {
    k rollout status deployment/orders --timeout "${LIMIT}s" >/dev/null
}

# job_ends STATE VERSION ATTEMPT: it does, as Complete or Failed. `kubectl wait` knows one condition only, and would wait for
# the other in vain.
job_ends() {
    job=job/$(job_of "$2" "$3")
    end=$(($(date +%s) + LIMIT)) state=''
    while [ "$(date +%s)" -lt "$end" ]; do
        state=$(k get "$job" -o jsonpath='{.status.conditions[?(@.status=="True")].type}') || :
        case $state in
            *"$1"*) return 0 ;;
            *Complete* | *Failed*) break ;;
        esac
        sleep 1
    done
    k logs "$job" >&2 || :
    say "expected $job to end as $1 within $LIMIT s, saw ${state:-no end}"
    return 1
}

# A line for each pod of the application: when it is to end, its image, whether it is ready, its name.
POD='{.metadata.deletionTimestamp}|{.spec.containers[0].image}|{.status.conditions[?(@.type=="Ready")].status}|{.metadata.name}'
pods() {
    k get pods -l app.kubernetes.io/component=api -o jsonpath="{range .items[*]}$POD{\"\\n\"}{end}"
}

# ready VERSION: how many pods of it are ready and not about to end.
ready() {
    pods | grep -c "^|$REPOSITORY:$1|True|" || :
}

# there_are COUNT PATTERN: so many of those lines.
there_are() {
    [ "$(pods | grep -c "^|.*$2" || :)" -eq "$1" ]
}

# are_ready COUNT VERSION [COUNT VERSION]...
are_ready() {
    while [ $# -gt 0 ]; do
        [ "$(ready "$2")" -eq "$1" ] || return 1
        shift 2
    done
}

psql_admin() {
    k exec deployment/orders-db -- psql -h 127.0.0.1 -U admin -v ON_ERROR_STOP=1 -q "$@"
}

errors() {
    k logs clients | grep -c '^ERROR' || :
}

clients_get_answers() {
    k logs clients --tail 1 | grep -q answers
}

# Since the step began no client got anything but 200.
expect_no_errors() {
    now=$(errors)
    [ "$now" -gt "$errors_before" ] || return 0
    k logs clients | grep '^ERROR' | tail -n 5 >&2
    say "expected no error, saw $((now - errors_before))"
    return 1
}

# Prints the name of a node that runs one of our pods, where another node could take it.
drainable_node() {
    [ "$(k get nodes -o jsonpath='{range .items[*]}{.metadata.name}|{.spec.unschedulable}{"\n"}{end}' | grep -c '|$')" -ge 2 ] || return 1
    k get pods -l app.kubernetes.io/component=api -o jsonpath='{.items[0].spec.nodeName}'
}

# --- the story ---

# All of it in one apply, before there is a database.
install() {
    k create secret generic orders-db-owner --from-literal url=postgresql://orders_owner@orders-db/orders >/dev/null
    k create secret generic orders-db --from-literal url=postgresql://orders@orders-db/orders >/dev/null
    k create secret generic orders-db-ro --from-literal url=postgresql://orders_ro@orders-db/orders >/dev/null
    apply 42 1 service-account network-policy service upgrade-job deployment || return 1
    sed "s|registry.example/orders:42|$REPOSITORY:42|" tests/e2e/kubernetes/surroundings.yaml | k apply -f - >/dev/null
    k rollout status deployment/orders-db --timeout "${LIMIT}s" >/dev/null || return 1
    are_ready 0 42 || return 1
    psql_admin postgres -c 'CREATE ROLE orders_owner LOGIN' -c 'CREATE ROLE orders LOGIN' -c 'CREATE ROLE orders_ro LOGIN' \
        -c 'CREATE DATABASE orders OWNER orders_owner' || return 1
    psql_admin orders -c 'GRANT CREATE, USAGE ON SCHEMA public TO orders_owner' \
        -c 'ALTER DEFAULT PRIVILEGES FOR ROLE orders_owner GRANT SELECT ON TABLES TO orders' || return 1
    rolled_out && are_ready 3 42
}

upgrade() {
    apply 43 1 deployment
    wait_for 'a new pod' there_are 1 ":43|" || return 1
    stays "$STUCK" 'three old pods ready, no new one' are_ready 3 42 0 43 || return 1
    k rollout pause deployment/orders >/dev/null
    apply 43 1 upgrade-job
    job_ends Complete 43 1 || return 1
    wait_for 'a new pod that is ready' are_ready 1 43 || return 1
    expect_no_errors
}

# The rollout is paused still: an old pod begins on the newer schema.
evict_old_pod() {
    are_ready 3 42 || return 1
    old=$(pods | sed -n "s/^|.*:42|True|//p" | head -n 1)
    k delete pod "$old" >/dev/null
    wait_for 'three old pods ready again' are_ready 3 42 || return 1
    k rollout resume deployment/orders >/dev/null
    rolled_out && are_ready 3 43 && expect_no_errors
}

scale_out() {
    k delete job --all >/dev/null
    k scale deployment/orders --replicas 5 >/dev/null
    rolled_out && are_ready 5 43 || return 1
    k scale deployment/orders --replicas 3 >/dev/null
    wait_for 'three pods' are_ready 3 43 && expect_no_errors
}

roll_back() {
    k rollout undo deployment/orders >/dev/null
    rolled_out && wait_for 'three old pods' are_ready 3 42 0 43 || return 1
    apply 43 1 upgrade-job deployment # and forward again: an upgrade that has nothing to do
    rolled_out && wait_for 'three new pods' are_ready 3 43 0 42 && expect_no_errors
}

fail() {
    psql_admin orders -c "INSERT INTO orders (id, customer) VALUES (1, 'Ada'), (2, 'Ada')"
    apply 44 1 upgrade-job deployment
    job_ends Failed 44 1 || return 1
    [ "$(k get pods -l "job-name=$(job_of 44 1)" -o name | wc -l)" -eq 1 ] || { say 'expected one pod of the failed upgrade' && return 1; }
    stays "$STUCK" 'the old pods ready, no new one' are_ready 3 43 0 44 || return 1
    k rollout undo deployment/orders >/dev/null
    rolled_out && are_ready 3 43 && expect_no_errors
}

retry() {
    psql_admin orders -c 'DELETE FROM orders WHERE id = 2'
    apply 44 2 upgrade-job deployment
    job_ends Complete 44 2 || return 1
    rolled_out && wait_for 'three new pods' are_ready 3 44 0 43 && expect_no_errors
}

database_away() {
    k patch service orders-db -p '{"spec":{"selector":{"app.kubernetes.io/name":"nobody"}}}' >/dev/null
    status=0
    stays "$AWAY" 'three pods ready' are_ready 3 44 || status=1
    k patch service orders-db -p '{"spec":{"selector":{"app.kubernetes.io/name":"orders-db"}}}' >/dev/null
    [ "$status" -eq 0 ] || return 1
    wait_for 'clients that get answers again' clients_get_answers
}

# While a rollout waits for its upgrade, which never comes.
drain() {
    k set env deployment/orders -c schemalatch SCHEMALATCH_TOOL=alembic SCHEMALATCH_REQUIRE=0000never0000 >/dev/null
    wait_for 'a pod more' there_are 4 : || return 1
    echo "$node" >"$work/drained"
    "$KUBECTL" drain "$node" --pod-selector app.kubernetes.io/name=orders --delete-emptydir-data --ignore-daemonsets --timeout "${LIMIT}s" >/dev/null || return 1
    wait_for 'three pods ready elsewhere' are_ready 3 44 || return 1
    k rollout undo deployment/orders >/dev/null
    rolled_out && expect_no_errors
}

# --- all of it ---

clean_up() {
    [ ! -e "$work/drained" ] || "$KUBECTL" uncordon "$(cat "$work/drained")" >/dev/null || :
    [ "$made" = no ] || [ "$KEEP" = yes ] || "$KUBECTL" delete namespace "$NAMESPACE" --wait=false >/dev/null || :
    rm -rf "$work"
}

# Tells what the cluster looked like when a step failed.
show() {
    k get deployments,jobs,pods -o wide >&2 || :
    k logs -l app.kubernetes.io/name=orders --all-containers --prefix --tail 10 >&2 || :
}

cd "$(dirname "$0")/../../.."
[ -n "${KUBECONFIG-}" ] || finish_early 'KUBECONFIG names no cluster'
command -v "$KUBECTL" >/dev/null || finish_early "there is no $KUBECTL here"
"$KUBECTL" version --request-timeout 10s >/dev/null 2>&1 || finish_early "the cluster that KUBECONFIG names does not answer"
if [ "$BUILD" = yes ]; then
    "$DOCKER" info >/dev/null 2>&1 || finish_early "no Docker engine to build the images with; where they are in a registry: REPOSITORY=... BUILD=no"
    [ -x "$BINARY" ] || finish_early "$BINARY is not there; tests/setup.sh static && cmake --preset static && cmake --build --preset static"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX")
made=no node=''
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
[ "$BUILD" = no ] || build_images
"$KUBECTL" create namespace "$NAMESPACE" >/dev/null
made=yes
k label namespace "$NAMESPACE" pod-security.kubernetes.io/enforce=restricted >/dev/null

passed=0 failed=0 skipped=0
for step in $STORY; do
    if [ "$failed" -gt 0 ]; then
        say "$step: skipped, since it builds upon what failed"
        skipped=$((skipped + 1))
        continue
    fi
    if [ "$step" = drain ] && { [ "$DRAIN" = no ] || ! node=$(drainable_node); }; then
        say 'drain: skipped, for DRAIN=no or for want of a second node that takes pods'
        skipped=$((skipped + 1))
        continue
    fi
    errors_before=0
    [ "$step" = install ] || errors_before=$(errors)
    started=$(date +%s)
    # In the background, since a shell that asks how a step ended would pass over what fails in it.
    status=0
    "$step" &
    wait $! || status=$?
    if [ "$status" -eq 0 ]; then
        say "$step: passed, $(($(date +%s) - started)) s"
        passed=$((passed + 1))
    else
        say "$step: FAILED"
        failed=$((failed + 1))
        show
    fi
done
say "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
