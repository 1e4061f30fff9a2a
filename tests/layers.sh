#!/bin/sh
# The test `layers`: greps the #includes against the arrows drawn in docs/architecture.md.
set -eu

cd "$(dirname "$0")/.."
includes=$(grep -rnE '^[[:space:]]*#[[:space:]]*include\b' --include='*.h' --include='*.cpp' probes sidecar |
    sed -E 's/^([^:]*:[0-9]+):[^<"]*[<"]([^>"]*).*/\1 \2/') # path:line included
broken=0
[ -n "$includes" ] || { echo "layers.sh: no #include found in $PWD" >&2 && exit 1; }

# blame RULE LINES: prints each of LINES that breaks RULE.
blame() {
    [ -n "$2" ] || return 0
    broken=1
    echo "$2" | while read -r line; do echo "layers.sh: $1: $line" >&2; done
}

# only FOLDER INCLUDED...: code under FOLDER includes the C++ library and what matches a pattern, nothing else.
only() {
    folder=$1 && shift
    patterns=$(printf '|%s' '[a-z_0-9]+' "$@")
    blame "$folder may not include" "$(echo "$includes" | grep "^$folder/" | grep -vE " (${patterns#|})\$" || :)"
}

# home INCLUDED PATH LIMIT: what matches INCLUDED is included only by files that match PATH, by at most LIMIT of them.
home() {
    users=$(echo "$includes" | grep -E " $1" || :)
    blame "only $2 may include $1" "$(echo "$users" | grep -vE "^$2" || :)"
    count=$(echo "$users" | cut -d: -f1 | sort -u | grep -c .) || :
    [ "$count" -le "$3" ] || blame "at most $3 file(s) may include $1" "$users"
}

only probes/model 'tl/expected\.hpp' 'probes/model/.*'
only probes/net '(netdb|poll|resolv|unistd)\.h' 'sys/eventfd\.h' 'tl/expected\.hpp' 'probes/(model|net)/.*'
only probes/tools 'zlib\.h' 'tl/expected\.hpp' 'probes/(model|tools)/.*'
only sidecar/gate 'tl/expected\.hpp' 'probes/model/.*' 'sidecar/gate/.*'
blame 'probes may not include sidecar' "$(echo "$includes" | grep -E '^probes/.* sidecar/' || :)"
home 'libpq' 'probes/postgres/' 99
home 'openssl/ssl' 'probes/postgres/session\.cpp' 1
home 'sqlite3' 'probes/sqlite/' 99
home 'httplib' 'sidecar/http/(router|client)\.cpp' 2
home 'toml\+\+' 'sidecar/config/[^:]*\.cpp' 1
home 'CLI/' 'sidecar/(commands/[^:]*|main)\.cpp' 1
home 'nlohmann/' 'sidecar/(requirement/baked_file|http/version_(json|reader))\.cpp' 3
home 'prometheus/' 'sidecar/http/' 99
exit "$broken"
