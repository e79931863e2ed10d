# SPDX-License-Identifier: Apache-2.0
# zlib, by CMake with qrv.cmake and by its own configure and make; ctest, "make test", infcover, and data that
# goes from the target's minigzip to the host's gzip and back.

# Debian's tarball lacks the folder win32, of which CMakeLists.txt names a file that only Windows reads.
build_zlib-cmake() {
    mkdir -p zlib/win32
    : >zlib/win32/zlib1.rc
    cmake_build zlib build -DCMAKE_BUILD_TYPE=Release
}

build_zlib-make() {
    cd zlib
    CHOST=riscv64-unknown-qrv ./configure
    make -j "$QRV_JOBS"
    make -j "$QRV_JOBS" all64 infcover
}

zlib_to_host() {
    "$target" ./minigzip <"$1" >"$2.gz" && gzip -t "$2.gz" && gzip -dc "$2.gz" | cmp - "$1"
}
zlib_to_target() {
    gzip -9 -c "$1" >"$2.gz" && "$target" ./minigzipsh -d <"$2.gz" | cmp - "$1"
}

# The forms of add_test(), of which zlib uses the oldest and GoogleTest another.
build_add-test() { cmake_build "$here/add-test" build; }

part_zlib() {
    build_once add-test && [ $build_only = 0 ] &&
        counted 600 "six forms of add_test()" ctest_counts ctest --test-dir "$dir/build" --timeout 120 --output-on-failure
    build_once zlib-cmake zlib &&
        counted 600 "ctest" ctest_counts ctest --test-dir "$dir/build" -j2 --timeout 250
    build_once zlib-make zlib || return
    [ $build_only = 0 ] || return
    cd "$dir/zlib" || return
    for goal in teststatic testshared test64; do
        check 300 "make $goal" make $goal "QEMU_RUN=$target"
        grep -q 'test OK' "$log" || failed "make $goal says OK" "$log"
    done
    check 300 "infcover" "$target" ./infcover
    export -f zlib_to_host zlib_to_target
    export target
    export LD_LIBRARY_PATH=$dir/zlib
    tar -cf "$dir/data" deflate.c zlib.3.pdf example libz.a 2>/dev/null
    check 300 "target's minigzip to host's gzip" bash -c "zlib_to_host '$dir/data' '$dir/out1'"
    check 300 "host's gzip to target's shared minigzip" bash -c "set -o pipefail; zlib_to_target '$dir/data' '$dir/out2'"
    unset LD_LIBRARY_PATH
}
