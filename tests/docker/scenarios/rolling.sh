# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
# Prints the count NAME of $story.
count() {
    echo "$story" | tr ' ' '\n' | sed -n "s/^$1=//p"
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
}

run_rolling() {
    roll
    [ "$(count errors)" -eq 0 ] || awk '$3 != 200' "$work/load" >&2 # when each began and ended, and its status
    expect 'errors' 0 "$(count errors)"
    expect 'answers of release 2 before its schema' 0 "$(count new_before)"
    for which in old_before old_after new_after; do
        [ "$(count "$which")" -gt 20 ] || fail "$which: too few answers to mean anything: $story"
    done
}

# The same with the gate taken out: HAProxy asks the application, not the sidecar. If that went well, `rolling` proves nothing.
run_ungated() {
    sed 's|/readyz|/healthz|; s|port 7355|port 8000|' "$examples/compose/haproxy.cfg" >"$work/haproxy.cfg"
    HAPROXY_CFG=$work/haproxy.cfg
    export HAPROXY_CFG
    roll
    unset HAPROXY_CFG
    [ "$(count errors)" -gt 20 ] || fail "without the gate there should be errors: $story"
}
