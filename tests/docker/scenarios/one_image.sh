# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
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
