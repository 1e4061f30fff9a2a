#!/bin/sh
# Upgrades, then becomes the application. However many containers start: one runs the command, the others wait for it.
#
# UPGRADE_URL is the owner's URL; DATABASE_URL and SCHEMALATCH_URL are what the application and the looks use.
set -eu

COMMAND=${UPGRADE_COMMAND:-alembic upgrade head}

# Runs a command to its end, into $status. A stop reaches only a container's first process: it is passed on, and then ends us.
run() {
    status=0 stopped=''
    "$@" &
    child=$!
    trap 'stopped=yes; kill -TERM "$child"' TERM INT
    wait "$child" || status=$?
    if [ -n "$stopped" ]; then
        status=0 && wait "$child" || status=$?
        exit "$status"
    fi
    trap - TERM INT
}

# shellcheck disable=SC2086 # a command and its arguments
run env DATABASE_URL="$UPGRADE_URL" SCHEMALATCH_URL="$UPGRADE_URL" /schemalatch upgrade -- $COMMAND
unset UPGRADE_URL
case $status in
    0) ;;
    # The command failed, here or in the container that was first. Ending would mean to be started again, and the same failure
    # again, in every container. So stay, serve nothing, and go on when somebody has put it right.
    10 | 11)
        run /schemalatch wait --timeout 0 --failures 1000000
        [ "$status" -eq 0 ] || exit "$status"
        ;;
    *) exit "$status" ;;
esac
exec "$@"
