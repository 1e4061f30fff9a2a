#!/bin/sh
# Prints the manifests for one image, the upgrade Job under a name of its own:
#
#   examples/kubernetes/render.sh registry.example/orders:43 | kubectl apply -f -
#   examples/kubernetes/render.sh registry.example/orders:43 2 | kubectl apply -f -    # a failed upgrade, once more
#   PARTS=upgrade-job examples/kubernetes/render.sh registry.example/orders:43         # only these files
#
# The same image and attempt give the same bytes, so that applying them again changes nothing.
set -eu

# --- settings ---
PARTS=${PARTS:-service-account network-policy service upgrade-job deployment}
PLACEHOLDER=registry.example/orders:42

case $# in
    1 | 2) ;;
    *) echo 'usage: render.sh IMAGE [ATTEMPT]' >&2 && exit 64 ;;
esac
image=$1 attempt=${2:-1}
case $image in
    '' | *[!A-Za-z0-9._:/@-]*) echo "render.sh: error: \"$image\" is no image" >&2 && exit 64 ;;
esac
cd "$(dirname "$0")"

# print_part NAME: the file, for this image.
print_part() {
    sed "s|$PLACEHOLDER|$image|" "$1.yaml"
}

hash=$({ print_part upgrade-job && echo "$attempt"; } | sha256sum | cut -c 1-10)
for part in $PARTS; do
    echo '---'
    case $part in
        upgrade-job) print_part "$part" | sed "s|^  name: orders-upgrade\$|&-$hash|" ;;
        *) print_part "$part" ;;
    esac
done
