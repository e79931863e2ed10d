# SPDX-License-Identifier: Apache-2.0
# Sourced by run: the SDK in use, the emulator, builds that are done once, TAP lines, left out parts.
# Owns out/build/upstream and out/logs/tests/upstream.
. "$(dirname "${BASH_SOURCE[0]}")/../../sdk/build/common.sh"
set +e
trap - ERR

here=$QRV_TOP/tests/upstream
work=$QRV_OUT/build/upstream
logs=$QRV_OUT/logs/tests/upstream
sdk=$QRV_OUT/sdk
full=0 build_only=0
number=0 failures=0 part=

# The SDK's tools, and one program that runs its arguments on the target: what makefiles get, which know
# no emulator of more than one word.
prepare() {
    [ -x "$sdk/bin/qrv" ] || die "$sdk is no SDK: build it (cmake --build --preset default) or name one with --sdk"
    "$sdk/bin/qrv" exec --help >/dev/null 2>&1 || die "$sdk/bin/qrv has no exec: this SDK is too old"
    mkdir -p "$work" "$logs"
    export PATH="$sdk/bin:$PATH"
    # qrv exec keeps LD_* for itself, since it mostly names libraries of the host; here it is meant for the target.
    printf '#!/bin/sh\nexec "%s" exec ${LD_LIBRARY_PATH:+--env "LD_LIBRARY_PATH=$LD_LIBRARY_PATH"} -- "$@"\n' \
        "$sdk/bin/qrv" >"$work/on-target"
    chmod 755 "$work/on-target"
    target=$work/on-target
    # What a build depends on: compiler, headers, what libraries offer. New insides of libc.so need no rebuild.
    sdk_id=$({
        riscv64-unknown-qrv-gcc --version
        (cd "$sdk/sysroot/usr/include" && find . -type f -exec sha256sum {} + | sort -k2)
        for lib in "$sdk"/sysroot/usr/lib/*.so; do riscv64-unknown-qrv-nm -D --defined-only "$lib"; done |
            awk '{ print $3 }' | sort
        (cd "$sdk" && find . -name 'QRV*.cmake' -o -name qrv.cmake | xargs sha256sum | sort -k2)
    } 2>/dev/null | sha256sum | cut -d' ' -f1)
}

begin() { part=$1; rm -rf "${logs:?}/$part"; mkdir -p "$logs/$part"; echo "# $part"; }
finish() {
    echo "1..$number"
    [ "$failures" = 0 ] && [ "$number" -gt 0 ]
    exit
}

passed() { number=$((number + 1)); echo "ok $number - $part: $*"; }
failed() { # text log
    number=$((number + 1)) failures=$((failures + 1))
    echo "not ok $number - $part: $1"
    echo "# log: $2"
    tail -n 12 "$2" | cut -c 1-160 | sed 's/^/# /'
}
left_out() { echo "# left out: $part: $*"; }

# check SECONDS TEXT COMMAND...: one test; its output is kept in $log for a look at the counts.
check() {
    local seconds=$1 text=$2
    shift 2
    log=$logs/$part/$(printf '%s' "$text" | tr -c 'A-Za-z0-9._-' -).log
    if timeout -k 10 "$seconds" "$@" >"$log" 2>&1 </dev/null; then
        passed "$text"
    else
        echo "(exit status $?: $*)" >>"$log"
        failed "$text" "$log"
        return 1
    fi
}

# counted SECONDS TEXT FUNCTION COMMAND...: the same, when FUNCTION (of the log) also says that the counts are
# right; what it prints comes behind the text.
counted() {
    local seconds=$1 text=$2 judge=$3 counts
    shift 3
    log=$logs/$part/$(printf '%s' "$text" | tr -c 'A-Za-z0-9._-' -).log
    timeout -k 10 "$seconds" "$@" >"$log" 2>&1 </dev/null
    echo "(exit status $?)" >>"$log"
    if counts=$("$judge" "$log"); then passed "$text, $counts"; else failed "$text, $counts" "$log"; fi
}

# build_once NAME SOURCE-PACKAGE...: calls build_NAME in the fresh directory $work/NAME with the unpacked
# sources in $work/NAME/<package>, unless that was done with the same SDK, sources and recipe. Sets $dir.
build_once() {
    local name=$1 stamp package
    shift
    dir=$work/$name
    stamp=$({
        echo "$sdk_id"
        sha256sum "$here/$part.sh"
        for package in "$@"; do sha256sum "$("$QRV_TOP/sysroot/ports/fetch" "$package")"; done
    } | sha256sum)
    [ "$(cat "$work/$name.stamp" 2>/dev/null)" = "$stamp" ] && return 0
    rm -rf "$work/$name.stamp" "$dir"
    mkdir -p "$dir"
    for package in "$@"; do
        "$QRV_TOP/sysroot/ports/fetch" --unpack "$dir/$package" "$package" >/dev/null || return 1
    done
    echo "# building $name"
    # Not as a condition: there the shell ignores "set -e".
    (cd "$dir" || exit; set -e; "build_$name") >"$logs/$part/build-$name.log" 2>&1 </dev/null
    if [ $? != 0 ]; then
        failed "$name builds" "$logs/$part/build-$name.log"
        return 1
    fi
    echo "$stamp" >"$work/$name.stamp"
}

# Their configure scripts learn the system's name from the SDK's config.sub.
know_qrv() { # file...
    local file
    for file in "$@"; do
        chmod u+w "$file"
        cp "$sdk/share/gnu/config.sub" "$file" || return 1
    done
}

cmake_build() { # source build option...
    local source=$1 build=$2
    shift 2
    env -i "PATH=$PATH" "HOME=$work" ${QRV_EMULATOR:+"QRV_EMULATOR=$QRV_EMULATOR"} cmake -G Ninja -S "$source" -B "$build" \
        "-DCMAKE_TOOLCHAIN_FILE=$sdk/qrv.cmake" "$@" &&
        ninja -C "$build" -j "$QRV_JOBS"
}

# Judges a log of ctest ("90% tests passed, 1 tests failed out of 10").
ctest_counts() {
    awk '/ tests passed, / { bad = $4; all = $NF }
        END { printf "%d of %d passed", all - bad, all; exit !(all > 0 && bad == 0) }' "$1"
}
