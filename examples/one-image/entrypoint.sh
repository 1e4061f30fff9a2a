#!/bin/sh
# serve (default): the application. upgrade: migrations and what belongs to them. Anything else runs as it is.
set -eu

case "${1-serve}" in
    serve) exec uvicorn main:app --host 0.0.0.0 --port 8000 ;;
    # --always: the tasks behind the migrations run also where there is nothing to migrate.
    upgrade) shift && exec /schemalatch upgrade --always "$@" -- /upgrade_tasks.sh ;;
    *) exec "$@" ;;
esac
