# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
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
