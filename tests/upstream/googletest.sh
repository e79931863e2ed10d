# SPDX-License-Identifier: Apache-2.0
# GoogleTest and GoogleMock by CMake with qrv.cmake: their own tests under plain ctest, those in Python with an interpreter
# that starts the target's programs in the emulator; and a project of ours that uses gtest_discover_tests().

has_cxx() { echo 'int main() {}' | riscv64-unknown-qrv-g++ -x c++ -fsyntax-only - 2>/dev/null; }

build_googletest() {
    export QRV_EMULATOR=$sdk/bin/qrv
    cmake_build googletest build -Dgtest_build_tests=ON -Dgmock_build_tests=ON \
        "-DPython3_EXECUTABLE=$here/googletest/python-on-target"
    cmake --install build --prefix "$PWD/installed"
}

build_discover() {
    cmake_build "$here/googletest/discover" build "-DCMAKE_PREFIX_PATH=$work/googletest/installed"
}

# The tests inside of the programs: what their last lines sum up.
gtest_cases() {
    awk '/\[  PASSED  \]/ { ok += $(NF - 1) } /\[  FAILED  \] [0-9]+ tests?/ { bad += $4 } END { printf "%d", ok }' "$1"
}

of_gtest_ctest() {
    ctest_counts "$1" || { printf ':%s' "$(awk '/ \(Failed\)| \(Timeout\)| \(Not Run\)/ { printf " %s", $3 }' "$1")"; return 1; }
    printf ' (%s test cases inside)' "$(gtest_cases "$dir/build/Testing/Temporary/LastTest.log")"
}

part_googletest() {
    if ! has_cxx; then
        left_out "all of it: there is no C++ compiler yet; ./toolchain/build makes it"
        return
    fi
    command -v python3 >/dev/null || left_out "tests in Python: no python3 on this machine (apt-get install python3)"
    build_once googletest googletest || return
    export QRV_EMULATOR=$sdk/bin/qrv
    local but=()
    if [ $full = 0 ]; then # starts its program some hundred times, a machine each
        but=(-E 'googletest-filter-unittest')
        left_out "googletest-filter-unittest: --full"
    fi
    [ $build_only = 1 ] || counted 7200 "their own tests, ctest -j2" of_gtest_ctest \
        ctest --test-dir "$dir/build" -j2 --timeout 3600 "${but[@]}"
    build_once discover || return
    [ $build_only = 1 ] || {
        counted 900 "gtest_discover_tests()" ctest_counts ctest --test-dir "$dir/build" -j2 --timeout 300
        [ "$(grep -c 'Passed' "$log")" = 10 ] && grep -q 'Skipped.SaysSo .*Skipped' "$log" ||
            failed "gtest_discover_tests() finds the ten tests" "$log"
    }
}
