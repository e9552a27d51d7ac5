#!/bin/sh
# SPDX-License-Identifier: MIT
# Counts instructions per packet and compares them with limits.txt.
# usage: run.sh PROGRAM LIMITS VIRTIO-PROGRAM
set -eu
program=$1 limits=$2 virtio=${3-}

skip() { echo "skipped: $*" && exit 77; }

command -v valgrind >/dev/null || skip 'valgrind is not installed'
[ "$program" != - ] || skip 'the limits are for optimised builds by gcc, without instrumentation'
[ "$(uname -m)" = x86_64 ] || skip 'the limits are for x86-64'
grep -q '\<avx2\>' /proc/cpuinfo || skip 'the limits are for processors with AVX2'

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file="$out/%p" \
    "$program" --count --subject ixl --batch 1,8,32 >"$out/log" 2>&1 ||
    { cat "$out/log" && exit 1; }
valgrind --tool=callgrind --collect-atstart=no --callgrind-out-file="$out/virtio.%p" \
    "$virtio" >"$out/log" 2>&1 ||
    { cat "$out/log" && exit 1; }

# Each dump names what was counted: [DEVICE/]ixl/VARIANT/OP/BATCH, or empty/BATCH: the frame.
for file in "$out"/*.*; do
    sed -n 's/^desc: Trigger: Client Request: \(.*\)/\1/p; s/^totals: //p' "$file" | paste -sd ' '
done >"$out/counts"
[ -s "$out/counts" ] || skip 'the program was built without the headers of valgrind'

awk '
    FILENAME == ARGV[1] {
        n = split($1, part, "/")
        if (part[1] == "empty") empty[part[2]] = $2
        else if (n >= 4) count[part[n - 2] " " part[n - 1] " " part[n]] = $2
        next
    }
    /^[^#]/ && NF == 4 {
        key = $1 " " $2 " " $3
        if (!(key in count)) { print "not counted: " key; bad = 1; next }
        packets = 1024                       # in a sample of the benchmark
        is = (count[key] - empty[$3]) / packets
        printf "%-10s %-9s %3d  %6.1f of %d%s\n", $1, $2, $3, is, $4, (is > $4) ? "  TOO MUCH" : ""
        if (is > $4 + 0) bad = 1
        lines++
    }
    END { if (!lines) { print "no limits"; bad = 1 } exit bad }
' "$out/counts" "$limits"
