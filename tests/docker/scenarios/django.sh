# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
run_django() {
    use django/compose.yaml
    quietly up compose up --detach
    wait_for 'the application' answers "127.0.0.1:$PORT/orders" 200
    docker exec --env SCHEMALATCH_URL=postgresql://orders_ro:ro@db/orders "$(container_of shop)" /schemalatch status \
        >"$work/status.log" 2>&1 || { cat "$work/status.log" >&2 && fail 'the sidecar would not be ready'; }
    expect 'the runs' 'succeeded ' "$(runs)"
    end_compose
}
