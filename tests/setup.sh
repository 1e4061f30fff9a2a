#!/bin/sh
# Installs what schemalatch needs, from the distribution's own packages. Never asks; leaves no new service and no
# PostgreSQL cluster behind; does nothing, quickly, where everything is there already.
#
#   tests/setup.sh             everything that the tests need
#   tests/setup.sh quickstart  what examples/quickstart/run.sh needs
#   tests/setup.sh build       what building needs
#   tests/setup.sh static      what building one static executable and proving it needs
#   tests/setup.sh static-build the building alone
#   tests/setup.sh unit        what the unit tests need
#   tests/setup.sh chroot      what makes a bare Debian in a folder
#   tests/setup.sh conformance what tests/conformance/run.sh needs
#   tests/setup.sh charts      what tests/charts/run.sh needs
#   tests/setup.sh docker      what tests/docker/run.sh needs
#
# As root, or as a user whom sudo lets in without a password.
set -eu

# --- settings: Debian 12 (bookworm), Debian 13 (trixie) and Ubuntu 24.04 have all of these ---
BUILD_PACKAGES='g++ cmake ninja-build pkgconf libcpp-httplib-dev libpq-dev libtomlplusplus-dev libspdlog-dev libfmt-dev
    libcli11-dev nlohmann-json3-dev libsqlite3-dev libexpected-dev libssl-dev prometheus-cpp-dev zlib1g-dev'
UNIT_PACKAGES="$BUILD_PACKAGES catch2 ccache python3"
STATIC_BUILD_PACKAGES="$BUILD_PACKAGES dpkg-dev make bison flex perl patch xz-utils"
STATIC_PACKAGES="$STATIC_BUILD_PACKAGES ccache
    iproute2 openssl postgresql python3 python3-psycopg2"
CHROOT_PACKAGES='debootstrap'
QUICKSTART_PACKAGES="$BUILD_PACKAGES alembic curl"
TEST_PACKAGES="$QUICKSTART_PACKAGES catch2 ccache clang clang-format clang-tidy shellcheck python3 python3-jsonschema
    python3-psycopg2 python3-pytest python3-yaml postgresql pgbouncer nginx openssl iproute2 iptables"
# A Go that can fetch a newer one; a JDK, since the launcher of Flyway is compiled.
CONFORMANCE_PACKAGES="$TEST_PACKAGES python3-venv golang-go default-jdk-headless maven"
CHARTS_PACKAGES="$BUILD_PACKAGES ccache python3 python3-venv"
DOCKER_PACKAGES='docker.io docker-compose debootstrap iptables curl python3'
SERVICES='postgresql pgbouncer nginx docker containerd' # what some of the packages would start, now and at every boot
LOCK_SECONDS=300                      # how long to wait while another apt or dpkg is at work
POLICY=/usr/sbin/policy-rc.d
POLICY_SAVED=$POLICY.before-schemalatch
POLICY_MARK="# schemalatch's tests/setup.sh is installing packages"
CLUSTER_DIR=/etc/postgresql-common/createcluster.d
CLUSTER_CONF=$CLUSTER_DIR/schemalatch-setup.conf

say() {
    echo "setup.sh: $*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

# Prints the words of $1 that name no installed package.
list_missing() {
    # shellcheck disable=SC2086 # a list of words
    dpkg_says=$(dpkg-query -W -f='${Package}=${db:Status-Status} ' $1 2>/dev/null || :)
    for package in $1; do
        case " $dpkg_says" in
            *" $package=installed "*) ;;
            *) printf '%s ' "$package" ;;
        esac
    done
}

# A service counts as known once it has a unit or an init script, whoever brought it.
is_known_service() {
    [ -e "/etc/init.d/$1" ] || [ -e "/lib/systemd/system/$1.service" ]
}

# No package may start or stop a service while this policy stands. One that was there is kept beside it.
forbid_services() {
    # One of ours was left by a run that was killed: not worth keeping.
    if [ -e "$POLICY" ] && ! grep -qF "$POLICY_MARK" "$POLICY"; then
        mv "$POLICY" "$POLICY_SAVED"
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" >"$POLICY"
    chmod 755 "$POLICY"
}

forbid_main_cluster() {
    made_cluster_dirs=''
    for dir in "${CLUSTER_DIR%/*}" "$CLUSTER_DIR"; do
        [ -d "$dir" ] || { mkdir "$dir" && made_cluster_dirs="$dir $made_cluster_dirs"; }
    done
    echo 'create_main_cluster = false' >"$CLUSTER_CONF"
}

restore() {
    if [ -e "$POLICY_SAVED" ]; then
        mv -f "$POLICY_SAVED" "$POLICY"
    else
        rm -f "$POLICY"
    fi
    rm -f "$CLUSTER_CONF"
    # Only what is empty goes: the upper folder belongs to a package by now.
    for dir in ${made_cluster_dirs-}; do
        rmdir "$dir" 2>/dev/null || :
    done
}

# Services that came with this install do not start at the next boot either, nor by their socket.
disable_services() {
    for service in $1; do
        if [ -e "/etc/init.d/$service" ]; then
            update-rc.d "$service" disable >/dev/null
        fi
        rm -f /etc/systemd/system/*.wants/"$service.service" /etc/systemd/system/*.wants/"$service.socket"
    done
}

apt() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -y -q -o "DPkg::Lock::Timeout=$LOCK_SECONDS" \
        -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" </dev/null
}

install_packages() {
    new_services=''
    for service in $SERVICES; do
        is_known_service "$service" || new_services="$new_services $service"
    done

    trap restore EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    forbid_services
    forbid_main_cluster
    # An old package list is often enough, and a broken foreign source no reason to stop: the install decides.
    apt update >&2 || say 'warning: not every package list could be fetched'
    # shellcheck disable=SC2086 # a list of words
    apt install --no-install-recommends --no-remove $1 >&2 ||
        fail "these packages could not be installed: $1; Debian 12, Debian 13 and Ubuntu 24.04 (with universe) have them"
    disable_services "$new_services"
}

main() {
    case "${1-all}" in
        all) packages=$TEST_PACKAGES ;;
        quickstart) packages=$QUICKSTART_PACKAGES ;;
        build) packages=$BUILD_PACKAGES ;;
        static-build) packages=$STATIC_BUILD_PACKAGES ;;
        static) packages=$STATIC_PACKAGES ;;
        unit) packages=$UNIT_PACKAGES ;;
        chroot) packages=$CHROOT_PACKAGES ;;
        conformance) packages=$CONFORMANCE_PACKAGES ;;
        charts)
            packages=$CHARTS_PACKAGES
            # NodeSource's nodejs brings an npm, and forbids Debian's.
            command -v npm >/dev/null || packages="$packages npm"
            ;;
        docker) packages=$DOCKER_PACKAGES ;;
        *) echo 'usage: tests/setup.sh [all|quickstart|build|unit|chroot|conformance|charts|docker|static|static-build]' >&2 && exit 64 ;;
    esac
    # shellcheck disable=SC2086 # a list of words
    command -v apt-get >/dev/null || fail 'no apt-get here; on Debian these packages are what is needed:' $packages

    missing=$(list_missing "$packages")
    [ -n "$missing" ] || exit 0
    if [ "$(id -u)" -eq 0 ]; then
        say "installing $missing"
        install_packages "$missing"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n sh "$0" "$@"
    else
        fail "missing: $missing; run this once as root: sh $0 $*"
    fi
}

main "$@"
