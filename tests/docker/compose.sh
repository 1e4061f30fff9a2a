# shellcheck shell=sh disable=SC2154 # run.sh sets what is not set here
# Sourced by run.sh: what the scenarios are made of.

# Points `compose` at an example.
use() {
    file=$examples/$1
    export COMPOSE_PROJECT_NAME="$scenario"
}

compose() {
    docker-compose --ansi never --project-directory "${file%/*}" -f "$file" "$@" </dev/null
}

container_of() {
    compose ps --quiet "$1" | head -n 1
}

address_of() {
    docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}

has_container() {
    [ -n "$(compose ps --quiet "$1")" ]
}

# exits_with CODE COMMAND...
exits_with() {
    code=0 expected=$1 && shift
    "$@" || code=$?
    [ "$code" -eq "$expected" ]
}

# Prints the HTTP status, 000 for none.
status_of() {
    curl --silent --noproxy '*' --max-time 5 --output "$work/body" --write-out '%{http_code}' "http://$1" || :
}

# answers ADDRESS STATUS
answers() {
    seen=$(status_of "$1")
    echo "$1 answers $seen"
    [ "$seen" = "$2" ]
}

state_of() {
    docker inspect --format "{{$2}}" "$1"
}

# is_in_state CONTAINER FIELD VALUE
is_in_state() {
    [ "$(state_of "$1" "$2")" = "$3" ]
}

# Prints the outcome of each run that the journal of the database knows.
runs() {
    docker exec "$(container_of db)" psql -U postgres -d orders -Atc 'SELECT outcome FROM schemalatch.run ORDER BY started_at' | tr '\n' ' '
}

new_has_answered() {
    grep -q ' 200 2$' "$work/load"
}

end_compose() {
    quietly down compose down --volumes --remove-orphans --timeout 2
}
