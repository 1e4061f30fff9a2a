#!/bin/sh
# The steps of a pipeline behind `docker build`, each of which ends on success, failure or timeout:
#
#   pipeline.sh check IMAGE               the image holds the binary and a requirement that can be read
#   pipeline.sh migrate IMAGE [ATTEMPT]   the upgrade, as a Job, and its log; 10 it failed, 7 it takes too long
#   pipeline.sh deploy IMAGE              the application; its pods take traffic once the schema is there
#   pipeline.sh verify IMAGE              every pod runs this image, and one tells what it sees
#   pipeline.sh roll-back IMAGE           where the Deployment has this image: as it was before; the schema stays as it is
#
# Its rights in the namespace are in role.yaml. The schema is never rolled back here.
set -eu

# --- settings ---
KUBECTL=${KUBECTL:-kubectl}
DOCKER=${DOCKER:-docker}
NAMESPACE=${NAMESPACE:-orders}
DEPLOYMENT=${DEPLOYMENT:-orders}
MIGRATE_WITHIN=${MIGRATE_WITHIN:-3900} # seconds; longer than the Job's activeDeadlineSeconds
DEPLOY_WITHIN=${DEPLOY_WITHIN:-10m}
PAUSE=${PAUSE:-2}   # seconds between two looks at the Job
MISSES=${MISSES:-30} # how many of them in a row may fail, while an API server is upgraded
MANIFESTS=${MANIFESTS:-$(dirname "$0")/../kubernetes}

say() {
    echo "pipeline.sh: $*" >&2
}

k() {
    "$KUBECTL" --namespace "$NAMESPACE" "$@"
}

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 64
}

check() {
    "$DOCKER" run --rm --network none --entrypoint /schemalatch --env SCHEMALATCH_URL=postgresql://nobody@localhost/none \
        --env SCHEMALATCH_REQUIRE=@/schema/required.json "$1" check-config
}

# `kubectl wait` knows one condition only; a Job ends in one of two.
state_of_job() {
    k get "$1" --output 'jsonpath={.status.conditions[?(@.status=="True")].type}'
}

migrate() {
    rendered=$(PARTS='service-account network-policy upgrade-job' "$MANIFESTS/render.sh" "$@")
    echo "$rendered" | k apply --filename -
    job=job/$(echo "$rendered" | sed -n 's/^  name: \(.*-upgrade-[0-9a-f]\{10\}\)$/\1/p')
    end=$(($(date +%s) + MIGRATE_WITHIN)) misses=0
    while [ "$(date +%s)" -lt "$end" ]; do
        case " $(state_of_job "$job" || echo unasked) " in
            *' Complete '*) show_log "$job" && return 0 ;;
            *' Failed '*)
                show_log "$job"
                say "error: $job failed; once its cause is gone, try again with another attempt: pipeline.sh migrate $1 N"
                return 10
                ;;
            *' unasked '*) misses=$((misses + 1)) ;;
            *) misses=0 ;;
        esac
        [ "$misses" -lt "$MISSES" ] || { say "error: cannot ask for $job; it is left running" && return 69; }
        sleep "$PAUSE"
    done
    say "error: $job has not ended within $MIGRATE_WITHIN s; it is left running"
    return 7
}

show_log() {
    k logs "$1" --tail 200 || say "warning: $1 has no log any more"
}

deploy() {
    PARTS='service-account network-policy service deployment' "$MANIFESTS/render.sh" "$1" | k apply --filename -
    k rollout status "deployment/$DEPLOYMENT" --timeout "$DEPLOY_WITHIN"
}

# A pod that is about to end may have the old image still.
verify() {
    images=$(k get pods --selector app.kubernetes.io/component=api \
        --output 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}|{.spec.containers[0].image}{"\n"}{end}' |
        sed -n 's/^|//p' | sort -u)
    [ "$images" = "$1" ] || { say "error: expected pods of $1 only, saw:" "${images:-none}" && return 1; }
    k exec "deployment/$DEPLOYMENT" --container schemalatch -- /schemalatch status --via
}

# Where the image never got so far, what runs is what ran before: undoing that would bring back a still older one.
roll_back() {
    image=$(k get "deployment/$DEPLOYMENT" --output 'jsonpath={.spec.template.spec.containers[0].image}')
    [ "$image" = "$1" ] || { say "nothing to roll back: the Deployment has $image" && return 0; }
    k rollout undo "deployment/$DEPLOYMENT"
    k rollout status "deployment/$DEPLOYMENT" --timeout "$DEPLOY_WITHIN"
}

case "${1-} $#" in
    'check 2' | 'migrate 2' | 'migrate 3' | 'deploy 2' | 'verify 2') "$@" ;;
    'roll-back 2') roll_back "$2" ;;
    *) usage ;;
esac
