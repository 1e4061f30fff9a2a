#!/bin/sh
# Fetches and builds what the preset `static` needs and the distribution has no usable archive of, from the
# distribution's own source packages: libpq without Kerberos and LDAP, and the sources of cpp-httplib and prometheus-cpp,
# which the preset compiles itself. Prints the folder that holds them. It is kept, one for each set of versions that is
# installed, so a later call has nothing to do. Needs what `tests/setup.sh static` installs; no root, and the machine's
# package sources stay as they are.
#
#   cmake/static_sources.sh
set -eu

# --- settings ---
PACKAGES='libpq-dev libcpp-httplib-dev prometheus-cpp-dev' # their sources are fetched
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/schemalatch/static
JOBS=${JOBS:-$(nproc)}
SMALL='-g0 -ffunction-sections -fdata-sections' # beside the distribution's own flags, which harden

say() {
    echo "static_sources.sh: $*" >&2
}

# quietly COMMAND...: shows the end of what it said only where it fails.
quietly() {
    "$@" >"$work/log" 2>&1 </dev/null || { tail -n 20 "$work/log" >&2 && say "error: $* failed" && exit 1; }
}

# Prints source=version of a package that is installed.
source_of() {
    # shellcheck disable=SC2016 # dpkg-query's own fields
    dpkg-query -W -f '${source:Package}=${source:Version}\n' "$1" 2>/dev/null ||
        { say "error: $1 is not installed; run tests/setup.sh static" && exit 1; }
}

# Prints a name for what would be built here: it changes with the packages, the machine and this script.
key_of() {
    { dpkg --print-architecture && echo "$1" && cat "$0"; } | sha256sum | cut -c 1-16
}

# Prints the sources of this release that the machine installs packages from, as those of source packages.
list_sources() {
    # shellcheck source=/dev/null
    . /etc/os-release
    keys=/usr/share/keyrings/$ID-archive-keyring.gpg
    # shellcheck disable=SC2016 # apt-get's own placeholders
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        grep -E " ${VERSION_CODENAME}[^ ]* " | sort -u | sed "s|^|deb-src [signed-by=$keys] |"
}

# An apt of our own: lists, caches and sources lie in our folder.
prepare_apt() {
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache"
    list_sources >"$work/apt/sources.list"
    [ -s "$work/apt/sources.list" ] || { say 'error: apt knows no source of this release; run apt-get update' && exit 1; }
    apt update
}

apt() {
    quietly apt-get -q -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=- -o APT::Sandbox::User= \
        -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o Acquire::Retries=3 "$@"
}

# fetch PACKAGE: unpacks its source, with the distribution's patches, into a folder of its name.
fetch() {
    mkdir "$work/fetched"
    (cd "$work/fetched" && apt source "$(source_of "$1")")
    mv "$work/fetched"/*/ "$work/$1"
    rm -r "$work/fetched"
}

# Only what a client is made of; the server is not compiled.
build_libpq() (
    cd "$work/libpq-dev"
    quietly ./configure --with-openssl --without-gssapi --without-ldap --without-readline --without-zlib --without-icu \
        CFLAGS="$(dpkg-buildflags --get CFLAGS) $SMALL" CPPFLAGS="$(dpkg-buildflags --get CPPFLAGS)"
    quietly make -C src/backend -j "$JOBS" generated-headers
    for archive in src/port/libpgport.a src/common/libpgcommon.a src/interfaces/libpq/libpq.a; do
        quietly make -C "${archive%/*}" -j "$JOBS" "${archive##*/}"
        cp "$archive" "$work/made/"
    done
)

make_all() {
    started=$(date +%s)
    mkdir "$work/made"
    prepare_apt
    for package in $PACKAGES; do
        fetch "$package"
    done
    fetched=$(date +%s)
    build_libpq
    cp "$work/libcpp-httplib-dev/httplib.h" "$work/made/"
    cp -R "$work/prometheus-cpp-dev/core" "$work/made/prometheus"
    # Whoever was faster has made the same.
    mv -T "$work/made" "$folder" 2>/dev/null || [ -d "$folder" ]
    say "fetched in $((fetched - started)) s, built in $(($(date +%s) - fetched)) s: $folder"
}

wanted=$(for package in $PACKAGES; do source_of "$package"; done)
folder=$CACHE/$(key_of "$wanted")
if [ ! -d "$folder" ]; then
    for program in dpkg-source make bison flex perl; do
        command -v "$program" >/dev/null || { say "error: needs $program; run tests/setup.sh static" && exit 1; }
    done
    mkdir -p "$CACHE"
    work=$(mktemp -d "$CACHE/making.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    make_all
fi
echo "$folder"
