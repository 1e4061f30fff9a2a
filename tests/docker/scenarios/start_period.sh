# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
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
