#!/bin/sh
# schemalatch in one minute, on an SQLite database with Debian's real Alembic. Two "pods" of an orders service watch one
# database: the old one needs revision 2, the new one revision 4. The new one answers 503 until the upgrade has run; the
# old one never stops answering 200. Asks nothing; leaves no process, and no file outside build/.
set -eu

# --- settings ---
READY_WITHIN=20 # seconds that each thing we wait for may take
SHOW_UNREADY=3  # seconds of watching before the upgrade, and again after it
PAUSE=0.2       # between two rounds of probes, in seconds
OLD_IMAGE='0001_create_orders.py 0002_add_order_lines.py' # the migrations that the old image was built with
OLD_REVISION=27c6a30d7c24

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
schemalatch=$root/build/release/schemalatch
alembic=/usr/bin/alembic # Debian's, whatever comes first in PATH
unset PYTHONHOME PYTHONPATH
export PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1

say() {
    echo "$(date +%T.%1N)  $*"
}

fail() {
    echo "run.sh: error: $*" >&2
    exit 1
}

# quietly NAME COMMAND...: runs the command; its output is shown only if it fails.
quietly() {
    name=$1 && shift
    "$@" >"$work/$name.log" 2>&1 </dev/null || { tail -n 40 "$work/$name.log" >&2 && fail "$name failed"; }
}

is_running() {
    kill -0 "$1" 2>/dev/null
}

stop() {
    kill "$1" 2>/dev/null || return 0
    tries=50
    while is_running "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { kill -KILL "$1" 2>/dev/null || :; }
        sleep 0.1
    done
    wait "$1" 2>/dev/null || :
}

clean_up() {
    status=$?
    for pid in $old_pid $new_pid $upgrade_pid; do
        stop "$pid"
    done
    if [ "$status" -eq 1 ] && [ -n "$new_pid" ]; then
        tail -n 20 "$work/old.log" "$work/new.log" >&2
    fi
    rm -rf "$work"
}

build() {
    cd "$root"
    cmake --preset release && cmake --build --preset release --parallel "$(nproc)"
}

# bake IMAGE FOLDER: what the image's Dockerfile would do.
bake() {
    "$schemalatch" bake --tool alembic --from "$2" --output "$work/$1.json" || fail "bake of the $1 image failed"
}

# serve POD: starts the pod's sidecar in the background on a port that the system picks.
serve() {
    SCHEMALATCH_INTERVAL_READY=1s "$schemalatch" serve --url "$DATABASE_URL" --tool alembic \
        --require "@$work/$1.json" --listen 127.0.0.1:0 >"$work/$1.log" 2>&1 </dev/null &
}

# address_of POD PID: prints where the sidecar says that it listens.
address_of() {
    deadline=$(($(date +%s) + READY_WITHIN))
    until grep -qE '127\.0\.0\.1:[1-9]' "$work/$1.log"; do
        if ! is_running "$2" || [ "$(date +%s)" -ge "$deadline" ]; then
            fail "the $1 pod's sidecar did not start"
        fi
        sleep 0.05
    done
    sed -nE 's/.*(127\.0\.0\.1:[0-9]+).*/\1/p' "$work/$1.log" | head -n 1
}

# probe ADDRESS: prints what a kubelet gets: the HTTP status and the first line of the body.
probe() {
    rm -f "$work/body"
    status=$(curl --silent --noproxy '*' --max-time 1 --output "$work/body" --write-out '%{http_code}' "http://$1/readyz") || :
    echo "$status  $(head -n 1 "$work/body" 2>/dev/null || echo 'no answer')"
}

# Probes both pods once; prints a line for each that answers otherwise than before.
watch() {
    now=$(probe "$old_address")
    [ "$now" = "$old_answer" ] || say "old  $now"
    old_answer=$now
    case "$old_was_ready$now" in
        no200*) old_was_ready=yes ;;
        yes200*) ;;
        yes*) fail 'the old pod answered other than 200 after it had been ready' ;;
    esac
    now=$(probe "$new_address")
    [ "$now" = "$new_answer" ] || say "new  $now"
    new_answer=$now
    case "$upgrade_began$now" in
        no200*) fail 'the new pod was ready before the upgrade' ;;
    esac
    sleep "$PAUSE"
}

watch_for() {
    deadline=$(($(date +%s) + $1))
    while [ "$(date +%s)" -lt "$deadline" ]; do
        watch
    done
}

# watch_until WHAT STATUS-OLD STATUS-NEW: goes on until both pods answer so.
watch_until() {
    deadline=$(($(date +%s) + READY_WITHIN))
    until [ "${old_answer%% *} ${new_answer%% *}" = "$2 $3" ]; do
        [ "$(date +%s)" -lt "$deadline" ] || fail "$1 did not happen within $READY_WITHIN s"
        watch
    done
}

old_pid='' new_pid='' upgrade_pid=''
old_answer='' new_answer='' old_was_ready=no upgrade_began=no
work=$(mktemp -d "${TMPDIR:-/tmp}/schemalatch-quickstart.XXXXXX")
export DATABASE_URL="sqlite:///$work/orders.db"
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

say 'installing what is missing (the first time: a minute)'
quietly setup sh "$root/tests/setup.sh" quickstart
say 'building build/release/schemalatch (the first time: some minutes)'
quietly build build

say "the old image is baked with 2 migrations, the new one with 4; the database is at revision 2"
mkdir "$work/old"
for file in $OLD_IMAGE; do
    cp "$here/migrations/versions/$file" "$work/old/"
done
bake old "$work/old"
bake new "$here/migrations/versions"
quietly alembic "$alembic" -c "$here/alembic.ini" upgrade "$OLD_REVISION"

say 'both pods start: time, pod, HTTP status of /readyz, reason'
serve old && old_pid=$!
serve new && new_pid=$!
old_address=$(address_of old "$old_pid")
new_address=$(address_of new "$new_pid")
watch_until 'old ready, new not' 200 503
watch_for "$SHOW_UNREADY"

say 'alembic upgrade head'
upgrade_began=yes
"$alembic" -c "$here/alembic.ini" upgrade head >"$work/upgrade.log" 2>&1 </dev/null &
upgrade_pid=$!
watch_until 'the new pod turning ready' 200 200
wait "$upgrade_pid" || { cat "$work/upgrade.log" >&2 && fail 'the upgrade failed'; }
upgrade_pid=''
watch_for "$SHOW_UNREADY"
[ "${old_answer%% *} ${new_answer%% *}" = '200 200' ] || fail 'a pod did not stay ready after the upgrade'
say 'the new pod turned ready, the old one never stopped'
