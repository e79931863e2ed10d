# SPDX-License-Identifier: Apache-2.0
# SQLite by its own configure and make, with Tcl (also by its own) for testfixture, which runs SQLite's test scripts.
# On the target: the shell, fuzzcheck, mptester (processes that share a database through POSIX locks), threadtest3, kvtest,
# speedtest1, and test scripts of the "veryquick" suite. The host needs a Tcl to put sqlite3.c together: its own, else
# one made from the same source.

build_sqlite() {
    local host=riscv64-unknown-qrv top=$PWD
    export BUILD_CC=gcc
    if ! command -v tclsh8.6 >/dev/null && ! command -v tclsh >/dev/null; then
        mkdir tcl-host
        (cd tcl-host && ../tcl8.6/unix/configure --disable-shared "--prefix=$top/host" &&
            make -j "$QRV_JOBS" && make install-binaries install-libraries)
        ln -sf tclsh8.6 host/bin/tclsh
        export PATH=$PATH:$top/host/bin
    fi
    # What configure would ask the host's uname.
    mkdir tcl
    (cd tcl && tcl_cv_sys_version=QRV-1 ../tcl8.6/unix/configure --host=$host --disable-shared \
        "--prefix=$top/target" CFLAGS=-O2 && make -j "$QRV_JOBS" binaries libraries &&
        make install-binaries install-headers install-libraries)
    # zlib, for the shell's and testfixture's archive functions.
    (cd zlib && CHOST=$host ./configure --static "--prefix=$top/target" && make -j "$QRV_JOBS" libz.a && make install)
    know_qrv sqlite3/config.sub
    mkdir build
    cd build
    ../sqlite3/configure --host=$host --enable-all "--with-tcl=$top/target/lib" CFLAGS=-O2 \
        "CPPFLAGS=-I$top/target/include" "LDFLAGS=-L$top/target/lib"
    make sqlite3.c # once, not by several at a time
    make -j "$QRV_JOBS" sqlite3 fuzzcheck mptester threadtest3 kvtest speedtest1
    # For QNX SQLite takes the sector size from the file system, else a default of 4096, and makes no page smaller; the
    # scripts count pages of 1024.
    make testfixture OPTS=-DSQLITE_DEFAULT_SECTOR_SIZE=512
}

# Each judge prints the counts of a log and is false unless everything passed.
of_fuzzcheck() { # "fuzzcheck: 0 errors out of 1234 tests in 1.2 seconds"
    awk '/ errors out of / { for (i = 2; i <= NF; i++) if ($i == "errors") { bad += $(i - 1); all += $(i + 3) } }
        END { printf "%d cases, %d errors", all, bad; exit !(all > 0 && bad == 0) }' "$1"
}
of_mptest() { # "Summary: 0 errors out of 123 tests"
    awk '/errors out of/ { for (i = 2; i <= NF; i++) if ($i == "errors") { bad += $(i - 1); all += $(i + 3) } }
        END { printf "%d checks, %d errors", all, bad; exit !(all > 0 && bad == 0) }' "$1"
}
of_exit() { printf 'exit status 0'; grep -qx '(exit status 0)' "$1"; }

# The scripts print "N errors out of M tests" and one line "!Failures on these tests: ..." that names them; those of
# the list exceptions are known, with a reason.
of_tcl() {
    awk -v list="$here/exceptions" '
        BEGIN { while ((getline line < list) > 0) if (split(line, f, "\t") >= 3 && f[1] == "sqlite") known[f[2]] = 1 }
        / errors out of .* tests/ { bad = $1; all = $5 }
        /^!Failures on these tests:/ { for (i = 5; i <= NF; i++) { if ($i in known) excused++; else new = new " " $i } }
        END {
            printf "%d tests, %d passed, %d known exceptions", all, all - bad, excused
            if (new != "") printf ", failed:%s", new
            exit !(all > 0 && new == "" && bad == excused)
        }' "$1"
}

# Scripts that are not run at all, as the list that testfixture takes.
omitted() { awk -F'\t' '$1 == "sqlite-script" { printf "%s%s", n++ ? "," : "", $2 }' "$here/exceptions"; }

shell_smoke() { # directory
    "$target" build/sqlite3 "$1/smoke.db" <"$here/sqlite/smoke.sql" | diff "$here/sqlite/smoke.out" -
}

# Test scripts, all in one run of testfixture.
tcl_scripts() { # seconds text script...
    local seconds=$1 text=$2
    shift 2
    rm -rf "$dir/tcl-run" && mkdir -p "$dir/tcl-run" && cd "$dir/tcl-run" || return
    counted "$seconds" "$text" of_tcl "$target" "$dir/build/testfixture" \
        "$dir/sqlite3/test/permutations.test" veryquick "$@"
    cd "$dir" || return
}

part_sqlite() {
    build_once sqlite sqlite3 tcl8.6 zlib || return
    [ $build_only = 0 ] || return
    rm -rf "$dir/run" && mkdir -p "$dir/run" && cd "$dir" || return
    export target here
    export -f shell_smoke
    check 300 "the shell: SQL, files, full-text search, a journal" bash -c "shell_smoke '$dir/run'"
    . "$here/sqlite/selection.sh"
}
