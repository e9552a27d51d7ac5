# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it: where things are, and how to say them.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034
programs=${IXL_PROGRAMS-$root/build/server}

have() {
    command -v "$1" >/dev/null 2>&1
}

say() {
    printf '%s\n' "$*"
}

heading() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need PACKAGE COMMAND...: the package, unless the command succeeds
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        return 1
    fi
}

apt_install() {
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    have apt-get || return 1
    say "Installing with apt: $*"
    as_root "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    as_root "${apt[@]}" update &&
        as_root "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

# value FILE KEY.KEY.0.KEY...: one value of a JSON file
value() {
    python3 - "$1" "$2" <<'PY'
import json, sys
v = json.load(open(sys.argv[1]))
for key in sys.argv[2].split('.'):
    v = v[int(key)] if isinstance(v, list) else v[key]
print(str(v).lower() if isinstance(v, bool) else int(v) if isinstance(v, float) else v)
PY
}

# Name a QEMU that has the igb to the tests, fetching one into build/ if need be.
find_qemu_igb() {
    local qemu
    [ -n "${IXL_QEMU_IGB-}" ] && return
    if qemu=$("$root/scripts/get-qemu"); then
        export IXL_QEMU_IGB=$qemu
    else
        say "The tests on QEMU's igb will be skipped."
    fi
}

# Name a Linux kernel for guests to the tests, fetching one into build/ if need be.
find_linux() {
    local dir
    [ -n "${IXL_LINUX_DIR-}" ] && return
    if dir=$("$root/scripts/get-linux"); then
        export IXL_LINUX_DIR=$dir
    else
        say "The tests in a Linux guest will be skipped."
    fi
}
