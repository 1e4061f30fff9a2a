#!/bin/sh
# Measures what the sidecar costs: its start, its memory when idle, and its CPU for a probe, beside nginx.
#
#   tests/bench/run.sh                        measures build/release/schemalatch, which it builds when it is missing
#   SCHEMALATCH_BINARY=... tests/bench/run.sh     another one
#   PASSES=3 REQUESTS=5000 IDLE_SECONDS=2 tests/bench/run.sh     quicker and rougher
#
# How to read it: compare only numbers of one run; this machine's other work changes them all by up to a half. The ratio
# to nginx moves least. A probe is a new connection with one GET /readyz, as a kubelet makes it; CPU is what the server's
# process was charged, in the kernel and outside; client and server share the cores, so probes per second are no ceiling.
# The passes alternate between the two servers, and each number is the median of the passes ("worst": the greatest of all).
set -eu

# --- settings ---
STARTS=${STARTS:-15}
IDLE_SECONDS=${IDLE_SECONDS:-10}
PASSES=${PASSES:-5}
REQUESTS=${REQUESTS:-20000}
CONCURRENCIES=${CONCURRENCIES:-1 32}
CXX=${CXX:-g++}

bench=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$bench/../.." && pwd)
binary=${SCHEMALATCH_BINARY:-$root/build/release/schemalatch}

say() {
    echo "run.sh: $*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

# need COMMAND PACKAGE
need() {
    command -v "$1" >/dev/null || fail "$1 is missing; install the Debian package $2"
}

build_binary() {
    need cmake cmake
    need ninja ninja-build
    say "building $binary"
    (cd "$root" && cmake --preset release && cmake --build --preset release) >"$folder/build.log" 2>&1 || {
        tail -n 20 "$folder/build.log" >&2
        fail "the build failed"
    }
}

end_servers() {
    for pid in $servers; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    servers=''
}

clean_up() {
    end_servers
    rm -rf "$folder"
}

# --- the two servers ---

create_database() {
    /usr/bin/python3 - "$folder/app.db" <<'PYTHON'
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.executescript("CREATE TABLE schema_migrations (version uint64, dirty bool); INSERT INTO schema_migrations VALUES (1, 0)")
PYTHON
}

# on_sidecar WORD...: runs the sidecar's command line with these words before it.
on_sidecar() {
    "$@" "$binary" serve --url "sqlite:///$folder/app.db" --tool golang-migrate --require 1 \
        --listen "127.0.0.1:$sidecar_port" --log-level error
}

start_sidecar() {
    on_sidecar exec &
    sidecar=$!
    servers="$servers $sidecar"
    wait_for_200 "$sidecar_port" "$sidecar"
}

start_nginx() {
    sed -e "s|@PORT@|$nginx_port|" -e "s|@FOLDER@|$folder|" "$bench/nginx.conf" >"$folder/nginx.conf"
    nginx -q -p "$folder" -e "$folder/nginx-error.log" -c "$folder/nginx.conf" &
    nginx_master=$!
    servers="$servers $nginx_master"
    wait_for_200 "$nginx_port" "$nginx_master"
    nginx_worker=$(tr -d ' ' <"/proc/$nginx_master/task/$nginx_master/children")
}

# wait_for_200 PORT PID
wait_for_200() {
    tries=200
    until "$folder/client" load "$1" "$2" 1 1 >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "the server on port $1 does not answer 200"
        kill -0 "$2" 2>/dev/null || fail "the server on port $1 has ended"
        sleep 0.05
    done
}

# --- measuring ---

# The middle of the numbers on stdin, the lower one of two.
median() {
    sort -n | awk '{ number[NR] = $1 } END { print number[int((NR + 1) / 2)] }'
}

measure_start() {
    for _ in $(seq "$STARTS"); do
        on_sidecar "$folder/client" start "$sidecar_port"
    done >"$folder/starts"
    printf 'start to first 200     %8.1f ms   median of %s, least %.1f\n' "$(median <"$folder/starts")" "$STARTS" \
        "$(sort -n "$folder/starts" | head -n 1)"
}

# kib FIELD PID
kib() {
    awk -v field="$1:" '$1 == field { print $2 }' "/proc/$2/smaps_rollup"
}

# measure_memory LABEL PID
measure_memory() {
    set -- "$1" "$2" "$(find "/proc/$2/task" -mindepth 1 -maxdepth 1 | wc -l)"
    printf '%-22s %8s KiB RSS, %s KiB private dirty, %s thread(s)\n' "$1" "$(kib Rss "$2")" "$(kib Private_Dirty "$2")" "$3"
}

# measure_pass CONCURRENCY SERVER PORT PID
measure_pass() {
    "$folder/client" load "$3" "$4" "$REQUESTS" "$1" >>"$folder/$2.$1" || fail "$2 failed at concurrency $1"
}

# column NUMBER SERVER CONCURRENCY
column() {
    awk -v column="$1" '{ print $column }' "$folder/$2.$3"
}

# print_row LABEL COLUMN CONCURRENCY FILTER: both servers and their ratio.
print_row() {
    printf '%-26s %12s %12s\n' "$1, c=$3" "$(column "$2" schemalatch "$3" | $4)" "$(column "$2" nginx "$3" | $4)" |
        awk '{ printf "%s %9.2f\n", $0, $(NF - 1) / $NF }'
}

greatest() {
    sort -n | tail -n 1
}

measure_probes() {
    for _ in $(seq "$PASSES"); do
        for concurrency in $CONCURRENCIES; do
            measure_pass "$concurrency" schemalatch "$sidecar_port" "$sidecar"
            measure_pass "$concurrency" nginx "$nginx_port" "$nginx_worker"
        done
    done
    printf '\n%-26s %12s %12s %9s\n' "$PASSES passes of $REQUESTS probes" schemalatch nginx ratio
    for concurrency in $CONCURRENCIES; do
        print_row 'CPU us per probe' 1 "$concurrency" median
        print_row 'probes per second' 2 "$concurrency" median
        print_row 'median us' 3 "$concurrency" median
        print_row 'p99 us' 4 "$concurrency" median
        print_row 'worst us' 5 "$concurrency" greatest
    done
}

need "$CXX" g++
need nginx nginx
need /usr/bin/python3 python3
folder=$(mktemp -d)
servers=''
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

[ -x "$binary" ] || build_binary
[ -x "$binary" ] || fail "there is no $binary"
"$CXX" -std=c++20 -O2 -pthread -o "$folder/client" "$bench/client.cpp"
create_database
sidecar_port=$("$folder/client" port)
nginx_port=$("$folder/client" port)

measure_start
start_sidecar
start_nginx
sleep "$IDLE_SECONDS"
measure_memory "idle for $IDLE_SECONDS s" "$sidecar"
measure_memory '  nginx, its worker' "$nginx_worker"
measure_probes
measure_memory 'after the probes' "$sidecar"
