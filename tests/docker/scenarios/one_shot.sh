# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
# Nothing is served over an upgrade that fails, and `up` says so.
fail_with_the_upgrade() {
    sed -e 's/alembic, upgrade, head/alembic, upgrade, nowhere/' -e "s|\.\./|$examples/|" \
        -e "s|\./roles|$examples/compose/roles|" "$file" >"$work/failing.yaml"
    file=$work/failing.yaml
    if compose up --detach >"$work/failing.log" 2>&1; then
        fail 'up succeeded over a failed upgrade'
    fi
    expect "the failed upgrade's exit code" 10 "$(state_of "$(container_of upgrade)" .State.ExitCode)"
    [ -z "$(container_of orders)" ] || is_in_state "$(container_of orders)" .State.Running false || fail 'the application runs'
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
    fail_with_the_upgrade
}
