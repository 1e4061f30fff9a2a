# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
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
