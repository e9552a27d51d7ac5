# SPDX-License-Identifier: MIT
# Sourced by get-qemu and get-linux: packages of the distribution without installing them, and
# without touching apt's configuration. Package lists and packages live in $dir/apt.
# shellcheck shell=sh disable=SC2154

# The host has to be Debian on amd64; sets $codename.
need_debian()
{
    for tool in apt-get dpkg; do
        command -v $tool >/dev/null 2>&1 || fail "without $tool nothing can be fetched: $1"
    done
    [ "$(dpkg --print-architecture)" = amd64 ] || fail "fetching works on amd64 only: $1"
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ "$(. /etc/os-release && echo "$ID")" = debian ] && [ -n "$codename" ] ||
        fail "fetching works on Debian only: $1"
}

# use_suites SUITE...: from the mirror that apt is configured for, its lists read anew
use_suites()
{
    mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
    mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk -v c="$codename" '$1 == c { print $2; exit }')
    [ -n "$mirror" ] || fail "apt knows no mirror of $codename: run apt-get update"
    for suite in "$@"; do
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
    done >"$dir/apt/sources.list"
    private_apt get -o APT::Update::Error-Mode=any update
}

# private_apt get|cache ARGUMENT...
private_apt()
{
    command=apt-$1
    shift
    "$command" -qq -o Dir::Etc::SourceList="$dir/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$dir/apt/lists" -o Dir::Cache="$dir/apt" \
        -o Dir::Cache::archives="$dir/apt/archives" -o Debug::NoLocking=1 \
        -o APT::Sandbox::User="$(id -un)" "$@" >"$dir/apt/log" 2>&1 ||
        fail "$codename cannot be fetched from, is there a network? $(tail -n 1 "$dir/apt/log")"
}
