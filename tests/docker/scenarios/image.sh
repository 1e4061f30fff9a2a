# shellcheck shell=sh disable=SC2154 # run.sh, which sources this, sets what is not set here
run_image() {
    expect 'the user' 65532:65532 "$(state_of "$IMAGE" .Config.User)"
    version=$(docker run --rm "$IMAGE" --version)
    expect 'the label of the version' "schemalatch $(docker image inspect --format \
        '{{index .Config.Labels "org.opencontainers.image.version"}}' "$IMAGE")" "${version%% (*}"
    docker create --name files "$IMAGE" >/dev/null
    # The engine adds empty ones where it mounts.
    files=$(docker export files | tar -tvf - | awk '$1 ~ /^-/ && $3 > 0 {print $6}' | grep -v '^licenses/' | tr '\n' ' ')
    licences=$(docker export files | tar -tf - | grep -c '^licenses/[^/]*-dev$' || :)
    docker rm files >/dev/null
    [ -n "$BINARY" ] || [ "$licences" -gt 10 ] || fail "licences of what is linked in: only $licences"
    expect 'the files' 'schemalatch ' "$files"

    # As a cluster with strict rules runs it: any user, nothing to write, no capability.
    mkdir "$work/data"
    /usr/bin/python3 - "$work/data/orders.db" <<'EOF'
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("CREATE TABLE schema_migrations (version uint64, dirty bool)")
    database.execute("INSERT INTO schema_migrations VALUES (1, 0)")
EOF
    docker run --detach --name gate --read-only --cap-drop ALL --security-opt no-new-privileges --user 123456 \
        --health-interval 1s --volume "$work/data:/data:ro" "$IMAGE" serve --url sqlite:////data/orders.db \
        --tool golang-migrate --require 2 >/dev/null
    address=$(address_of gate):7355
    wait_for 'the sidecar' answers "$address/livez" 200
    expect /readyz 503 "$(status_of "$address/readyz")"
    code=0 && docker exec gate /schemalatch check --via >/dev/null || code=$?
    expect 'check --via at a schema that is behind' 1 "$code"
    sleep 2
    expect 'the health before the schema is there' starting "$(state_of gate .State.Health.Status)"
    /usr/bin/python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database: database.execute("UPDATE schema_migrations SET version = 3")' "$work/data/orders.db"
    wait_for 'a healthy container' is_in_state gate .State.Health.Status healthy
    expect '/readyz of a database that is ahead' 200 "$(status_of "$address/readyz")"
    docker stop --time 5 gate >/dev/null
    expect 'the exit code after SIGTERM' 0 "$(state_of gate .State.ExitCode)"
    docker rm gate >/dev/null
    say "image: $(state_of "$IMAGE" .Size) bytes"
}
