# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here

# Who it runs as, what its labels say, and that nothing lies in it but the executable and licences.
inspect_image() {
    expect 'the user' 65532:65532 "$(state_of "$IMAGE" .Config.User)"
    version=$(docker run --rm "$IMAGE" --version)
    expect 'the label of the version' "schemalatch $(state_of "$IMAGE" 'index .Config.Labels "org.opencontainers.image.version"')" \
        "${version%% (*}"
    docker create --name files "$IMAGE" >/dev/null
    docker export files | tar -tvf - >"$work/files"
    docker rm files >/dev/null
    # The engine adds empty ones where it mounts.
    expect 'the files' 'schemalatch ' "$(awk '$1 ~ /^-/ && $3 > 0 && $6 !~ /^licenses\// {print $6}' "$work/files" | tr '\n' ' ')"
    licences=$(grep -c ' licenses/[^/]*-dev$' "$work/files" || :)
    [ -n "$BINARY" ] || [ "$licences" -gt 10 ] || fail "licences of what is linked in: only $licences"
    say "image: $(state_of "$IMAGE" .Size) bytes"
}

# query STATEMENT: on the database that the container `gate` looks at.
query() {
    /usr/bin/python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database: database.execute(sys.argv[2])' "$work/data/orders.db" "$1"
}

# As a cluster with strict rules runs it: any user, nothing to write, no capability.
start_gate() {
    mkdir "$work/data"
    query 'CREATE TABLE schema_migrations (version uint64, dirty bool)'
    query 'INSERT INTO schema_migrations VALUES (1, 0)'
    docker run --detach --name gate --read-only --cap-drop ALL --security-opt no-new-privileges --user 123456 \
        --health-interval 1s --volume "$work/data:/data:ro" "$IMAGE" serve --url sqlite:////data/orders.db \
        --tool golang-migrate --require 2 >/dev/null
}

run_image() {
    inspect_image
    start_gate
    address=$(address_of gate):7355
    wait_for 'the sidecar' answers "$address/livez" 200
    expect /readyz 503 "$(status_of "$address/readyz")"
    exits_with 1 docker exec gate /schemalatch check --via >/dev/null || fail "check --via at a schema that is behind: exit code $code"
    sleep 2
    expect 'the health before the schema is there' starting "$(state_of gate .State.Health.Status)"
    query 'UPDATE schema_migrations SET version = 3'
    wait_for 'a healthy container' is_in_state gate .State.Health.Status healthy
    expect '/readyz of a database that is ahead' 200 "$(status_of "$address/readyz")"
    docker stop --time 5 gate >/dev/null
    expect 'the exit code after SIGTERM' 0 "$(state_of gate .State.ExitCode)"
    docker rm gate >/dev/null
}
