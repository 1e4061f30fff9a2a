#!/bin/sh
# What the image postgres:15 does with an empty folder and /docker-entrypoint-initdb.d, as far as the examples need it.
set -eu

PGDATA=/var/lib/postgresql/data
BIN=/usr/lib/postgresql/15/bin
export PGDATA

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    "$BIN/initdb" --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8 >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    "$BIN/pg_ctl" -o '-c listen_addresses=' -s -w start
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql --quiet --set ON_ERROR_STOP=1 --file "$file"
    done
    "$BIN/pg_ctl" -s -w stop
fi
exec "$BIN/postgres" -c 'listen_addresses=*' -c fsync=off
