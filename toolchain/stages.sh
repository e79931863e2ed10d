# SPDX-License-Identifier: Apache-2.0
# Sourced by toolchain/build: the stages, their recipes (hashes) and how each is built.
# A stage's directory in $work has src (unpacked, then ported) and build; its paths never change, so that
# ccache, where installed, makes a second build cheap. Installed files carry the prefix below, which
# exists nowhere: GCC and GDB find everything relative to themselves.

cache=$QRV_CACHE/toolchain
work=$cache/work
target=riscv64-unknown-qrv
prefix=/opt/qrv-sdk
stages="binutils compiler runtime gdb"
build_triplet=x86_64-pc-linux-gnu
# Where ccache is, an edit of a file that everything depends on costs minutes instead of an hour.
if command -v ccache >/dev/null; then
    export CC="ccache gcc" CXX="ccache g++" CCACHE_DIR=$QRV_CACHE/ccache CCACHE_MAXSIZE=8G
else
    export CC=gcc CXX=g++
fi

minutes() { # seconds
    if [ "$1" -lt 90 ]; then printf '%d s' "$1"; else printf '%d min' $((($1 + 30) / 60)); fi
}

# --- recipes --------------------------------------------------------------------------------------
hash_text() { sha256sum | cut -c1-16; }
version_row() { awk -v p="$1" '!/^#/ && $2 == p' "$QRV_TOP/sysroot/ports/versions"; }
# A stage's functions are its recipe; so is everything that they use, but for messages.
recipe_of() { declare -f "$@"; }
# What makes the port of a tree: the script, and the files of its part.
port_of() { # [directory]
    (cd "$QRV_TOP/toolchain" && cat port && [ -z "${1:-}" ] || find "$1" -type f -exec sha256sum {} + | sort -k2)
}

# What libgcc and libstdc++ can see of the C library: musl's version, its machine headers, and our headers but
# for those that only programs for Neutrino include. A libc with new insides needs no new runtime.
libc_seen() {
    local sys='dcmd|dispatch|iofunc|iomgr|iomsg|ftype|netmgr|neutrino|pathmgr|proc|resmgr|rsrcdbmgr|slog|states|sysmgr'
    version_row musl
    (cd "$QRV_TOP" && find sysroot/include libc-qnx/overlay/arch -name '*.h' |
        grep -Ev "^sysroot/include/(hw/|share|sys/($sys|syspage|trace))" |
        grep -Ev '^sysroot/include/abi/(ecall|exec|intr|iomsg|kercall|msg|procfs|slog|syspage|taskman|trace|usage)' |
        sort | xargs sha256sum)
}

runtime_recipe() {
    port_of runtime
    recipe_of build_runtime port_runtime first_libgcc private_libc place_target_libraries runtime_sources
}

# Sources may change while a build of an hour runs: what it began with stays its name.
keep_hashes() {
    local name
    for name in $stages; do printf -v "hash_$name" %s "$(stage_hash "$name")"; done
}

stage_hash() { # stage
    local kept=hash_$1
    [ -z "${!kept:-}" ] || { printf '%s\n' "${!kept}"; return; }
    case $1 in
    binutils) { version_row binutils-source; port_of; recipe_of build_binutils host_flags; } ;;
    compiler) { version_row gcc-14-source; port_of gcc; stage_hash binutils
        recipe_of build_compiler configure_compiler host_flags; } ;;
    runtime) { stage_hash compiler; libc_seen; runtime_recipe; } ;;
    gdb) { version_row gdb-source; port_of gdb/gdb; cat "$QRV_TOP/toolchain/gdb/insert"
        recipe_of build_gdb configure_gdb static_python static_curses carry_python host_flags; } ;;
    esac | hash_text
}

# What compiled code depends on and no dependency file tells: not the debugger, and not the C library's headers.
code_hash() { { stage_hash binutils; stage_hash compiler; runtime_recipe; } | hash_text; }

toolchain_hash() {
    local name
    {
        for name in $stages; do stage_hash "$name"; done
        recipe_of assemble
        (cd "$QRV_TOP/toolchain" && find gdb/share compat -type f -exec sha256sum {} + | sort -k2)
    } | hash_text
}

stage_dir() { printf '%s/stages/%s-%s\n' "$cache" "$1" "$(stage_hash "$1")"; }

# --- running a stage ------------------------------------------------------------------------------
# How many object files a stage makes (counted once; an estimate is all they are for), and where.
objects_of() { # stage
    case $1 in
    binutils) echo 307 "$work/binutils/build" ;;
    compiler) echo 1010 "$work/compiler/build" ;;
    runtime) echo 670 "$work/compiler/build/$target" ;;
    gdb) echo 690 "$work/gdb/build" ;;
    esac
}

# Tells once a minute (on a terminal every two seconds, in one line) how far a stage is.
tell_progress() { # stage
    local name=$1 all where begun=$SECONDS now done last=0 left
    read -r all where < <(objects_of "$name")
    while :; do
        sleep 2 >/dev/null 2>&1
        kill -0 $$ 2>/dev/null || exit 0 # the build was killed
        now=$((SECONDS - begun))
        if [ ! -t 2 ]; then
            [ $((now - last)) -ge 60 ] || continue
            last=$now
        fi
        done=$(find "$where" -name '*.o' 2>/dev/null | wc -l) || true # files go while it looks
        [ "$done" -lt "$all" ] || all=$((done + 20))
        left='?'
        [ "$done" -lt 40 ] || left=$(minutes $((now * (all - done) / done)))
        if [ -t 2 ]; then printf '\r%s: %s, %d of about %d files, about %s left   ' "$name" "$(minutes $now)" \
            "$done" "$all" "$left" >&2
        else say "$name: $(minutes $now), $done of about $all files, about $left left"
        fi
    done
}

run_stage() { # name
    local name=$1 hash dir start=$SECONDS log status teller
    hash=$(stage_hash "$name")
    dir=$cache/stages/$name-$hash
    if [ -d "$dir" ]; then
        say "$name is there"
        return 0
    fi
    log=$work/$name.log
    say "$name: building; log: $log"
    rm -rf "$work/$name.install"
    mkdir -p "$work/$name" "$work/$name.install"
    tell_progress "$name" 8>&- &
    teller=$!
    # Not "if" and not "||": both would switch off "set -e" inside.
    set +e
    (
        set -e
        "build_$name" "$work/$name" "$work/$name.install$prefix" "$hash"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    kill $teller 2>/dev/null || true
    wait $teller 2>/dev/null || true
    [ ! -t 2 ] || printf '\r%80s\r' '' >&2
    if [ $status != 0 ]; then
        grep -nE '(error|Error)[: ]' "$log" | head -5 >&2 || true
        tail -n 20 "$log" >&2
        die "$name does not build; log: $log"
    fi
    rm -rf "$dir.new"
    mv "$work/$name.install$prefix" "$dir.new"
    mv "$dir.new" "$dir"
    say "$name: done in $(minutes $((SECONDS - start)))"
}

# Lays the ported source in DIR/src and an empty DIR/build, unless both are this recipe's already.
prepare() { # directory, package, inner tarball (glob), recipe hash
    local dir=$1 package=$2 inner=$3 id
    id="$4"
    [ "$(cat "$dir/.recipe" 2>/dev/null)" = "$id" ] && return 0
    rm -rf "$dir/src" "$dir/build" "$dir/.recipe"
    mkdir -p "$dir/src" "$dir/build"
    "$QRV_TOP/sysroot/ports/fetch" --unpack "$dir/deb" "$package"
    # shellcheck disable=SC2086
    tar -C "$dir/src" --strip-components=1 --no-same-owner -xf "$dir"/deb/usr/src/$inner
    "$QRV_TOP/toolchain/port" "$dir/src"
    printf '%s\n' "$id" >"$dir/.recipe"
}

# The libraries that the host programs carry inside: only the archives are on this path.
host_flags() {
    local dir=$work/host-libraries lib file
    rm -rf "$dir"
    mkdir -p "$dir"
    for lib in gmp mpfr mpc zstd z expat lzma ncursesw tinfo; do
        file=$(gcc -print-file-name=lib$lib.a)
        [ -f "$file" ] || die "lib$lib.a is missing"
        ln -s "$file" "$dir/lib$lib.a"
    done
    ln -s libncursesw.a "$dir/libncurses.a"
    export CFLAGS="-O2 -g0" CXXFLAGS="-O2 -g0"
    export LDFLAGS="-static-libstdc++ -static-libgcc -L$dir"
}

# --- binutils -------------------------------------------------------------------------------------
build_binutils() { # directory, install root, recipe hash
    host_flags
    prepare "$1" binutils-source 'binutils/binutils-*.tar.xz' "$3"
    cd "$1/build"
    [ -f Makefile ] || ../src/configure --build=$build_triplet --target=$target --prefix=$prefix \
        --with-sysroot=$prefix/sysroot --disable-nls --disable-werror --disable-gdb --disable-gdbserver \
        --disable-sim --disable-gprofng --disable-libdecnumber --disable-readline --disable-gold \
        --enable-plugins --enable-deterministic-archives --enable-new-dtags --enable-relro \
        --enable-default-hash-style=gnu --without-debuginfod --with-zstd --without-msgpack \
        --disable-multilib
    make -j"$QRV_JOBS" MAKEINFO=true
    make MAKEINFO=true install-strip DESTDIR="${2%"$prefix"}"
}

# --- compiler -------------------------------------------------------------------------------------
# The build directory stays: the runtime is made in it. --with-build-sysroot is where the runtime stage
# puts headers and C library; the compiler itself looks at nothing there. Canonical names of system headers are
# the shorter ones of two, so what debug information says would depend on how long this directory's name is.
configure_compiler() {
    mkdir -p ../sysroot/usr/include ../sysroot/usr/lib
    ../src/configure --build=$build_triplet --target=$target --prefix=$prefix \
        --with-sysroot=$prefix/sysroot "--with-build-sysroot=$1/sysroot" \
        "--with-build-time-tools=$(stage_dir binutils)/$target/bin" \
        --enable-languages=c,c++,lto --with-gcc-major-version-only --with-pkgversion=QRV \
        --with-arch=rv64gc --with-abi=lp64d --disable-multilib --disable-bootstrap --disable-nls \
        --disable-fixincludes --disable-plugin --disable-libcc1 --enable-checking=release \
        --enable-default-pie --enable-threads=posix --enable-tls --enable-shared \
        --enable-initfini-array --enable-__cxa_atexit --enable-lto --with-zstd --without-isl \
        --enable-deterministic-archives --enable-linker-build-id --disable-canonical-system-headers \
        --enable-libstdcxx-time=yes --enable-libstdcxx-filesystem-ts=yes --enable-libatomic \
        --disable-libssp --disable-libsanitizer --disable-libquadmath --disable-libgomp \
        --disable-libitm --disable-libvtv
    # Debian's source comes without the manual that this stamp says is up to date: let it be for good.
    mkdir -p gcc
    touch -d 2100-01-01 gcc/s-tm-texi
}

build_compiler() { # directory, install root, recipe hash
    host_flags
    prepare "$1" gcc-14-source 'gcc-14/gcc-14*.tar.xz' "$3"
    export PATH="$(stage_dir binutils)/bin:$PATH"
    cd "$1/build"
    [ -f Makefile ] || configure_compiler "$1"
    # "gcc -v" tells how it was configured; where that was is nobody's business.
    make MAKEINFO=true configure-gcc
    sed -i -E 's# --with-build-(sysroot|time-tools)=[^ "]*##g' gcc/configargs.h
    make -j"$QRV_JOBS" MAKEINFO=true LIMITS_H_TEST=true all-gcc
    make MAKEINFO=true install-strip-gcc DESTDIR="${2%"$prefix"}"
    rm -rf "$2"/lib*/gcc/$target/14/install-tools
}

# --- runtime: libgcc, libstdc++, libatomic --------------------------------------------------------
# The shared ones need a C library and the C library needs libgcc, so: a first libgcc with nothing but musl's
# headers, the C library with it in a build tree of our own, then everything. Sources are named
# /usr/src/qrv/gcc in debug information, C++ headers /usr/src/qrv/c++; GDB's setup maps both.
port_runtime() { # GCC's source directory
    local id
    id=$(port_of runtime | hash_text)
    [ "$(cat "$1/.runtime" 2>/dev/null)" = "$id" ] && return 0
    rm -rf "$1"/{.runtime,libgcc,libstdc++-v3,libatomic}
    tar -C "$1" --strip-components=1 --no-same-owner --wildcards -xf "$work"/compiler/deb/usr/src/gcc-14/gcc-14*.tar.xz \
        gcc-14*/{libgcc,libstdc++-v3,libatomic}
    "$QRV_TOP/toolchain/port" "$1" runtime
    printf '%s\n' "$id" >"$1/.runtime"
}

first_libgcc() { # toolchain to complete; in the compiler's build directory
    local lib=$1/lib/gcc/$target/14 headers
    headers=$PWD/../sysroot
    rm -rf "$headers" "$target"
    mkdir -p "$headers/usr/lib"
    "$QRV_TOP/sysroot/ports/fetch" --unpack "$work/runtime/musl" musl
    make -s -C "$work/runtime/musl" ARCH=riscv64 prefix=/usr "DESTDIR=$headers" install-headers
    make "${maps[@]}" MAKEINFO=true configure-target-libgcc
    make -C $target/libgcc -j"$QRV_JOBS" libgcc.a libgcc_eh.a libgcc-extra-parts
    cp $target/libgcc/{libgcc.a,libgcc_eh.a} $target/libgcc/crt*.o "$lib/"
}

private_libc() { # build tree
    env -u CC -u CXX -u CFLAGS -u CXXFLAGS -u LDFLAGS "QRV_OUT=$1" "$QRV_TOP/libc-qnx/musl/build"
}

build_runtime() { # directory, install root, recipe hash
    local out=$1/out gcc=$work/compiler/build maps map
    # The compiler's build directory, which is not kept with its result, may be gone or another one.
    if [ "$(cat "$work/compiler/.recipe" 2>/dev/null)" != "$(stage_hash compiler)" ] || [ ! -x "$gcc/gcc/xgcc" ]; then
        rm -rf "$1/again"
        (build_compiler "$work/compiler" "$1/again$prefix" "$(stage_hash compiler)")
        rm -rf "$1/again"
    fi
    export PATH="$(stage_dir binutils)/bin:$PATH"
    unset CC CXX CFLAGS CXXFLAGS LDFLAGS
    map="-ffile-prefix-map=$work/compiler/src=/usr/src/qrv/gcc"
    map="$map -ffile-prefix-map=$gcc=/usr/src/qrv/gcc-build"
    map="$map -ffile-prefix-map=$gcc/$target/libstdc++-v3/include=/usr/src/qrv/c++"
    map="$map -ffile-prefix-map=$out/sysroot= -ffile-prefix-map=$work/compiler/sysroot="
    maps=("DEBUG_PREFIX_CFLAGS_FOR_TARGET=$map" "CFLAGS_FOR_TARGET=-O2 -g" "CXXFLAGS_FOR_TARGET=-O2 -g")
    cd "$gcc"
    port_runtime ../src
    # From here on sources are named from the root, so that the maps catch all of them.
    sed -i "s#^srcdir = .*#srcdir = $work/compiler/src#" Makefile

    rm -rf "$out/toolchain"
    mkdir -p "$out/sysroot"
    cp -al "$(stage_dir compiler)" "$out/toolchain"
    cp -al "$(stage_dir binutils)/." "$out/toolchain/"
    ln -s ../sysroot "$out/toolchain/sysroot"
    stage_hash compiler >"$out/toolchain/.identity"
    first_libgcc "$out/toolchain"
    private_libc "$out"
    rm -rf ../sysroot $target
    ln -s "$out/sysroot" ../sysroot

    make -j"$QRV_JOBS" MAKEINFO=true "${maps[@]}" all-target-libgcc
    make -j"$QRV_JOBS" MAKEINFO=true "${maps[@]}" all-target-libstdc++-v3 all-target-libatomic
    for map in libgcc libstdc++-v3 libatomic; do
        make MAKEINFO=true "${maps[@]}" install-target-$map DESTDIR="${2%"$prefix"}"
    done
    place_target_libraries "$2"
    runtime_sources "$2"
}

# Libraries of the target go where GDB, the loader and CMake look for all of them: into the sysroot.
place_target_libraries() { # install root
    local lib=$1/$target/lib
    mkdir -p "$1/sysroot/usr/lib"
    find "$1" -name '*.la' -delete
    rm -f "$lib"/*-gdb.py
    mv "$lib"/lib*.{a,so}* "$1/sysroot/usr/lib/"
    # As with libc: the archives without debug information, or each static link would read 150 MB.
    $target-strip --strip-debug --enable-deterministic-archives "$1"/sysroot/usr/lib/*.a "$1/lib/gcc/$target/14"/*.a
    [ ! -d "$1/lib64" ] || die "libraries in lib64: look at the multilib settings"
}

# The sources that the debug information of the runtime names, laid out as it names them.
runtime_sources() { # install root
    local file
    mkdir -p "$1/src/gcc"
    for file in "$1"/sysroot/usr/lib/lib*.so.*; do
        [ -L "$file" ] || $target-readelf --debug-dump=rawline "$file"
    done | awk '
        /The Directory Table/ { table = 1; split("", dirs); next }
        /The File Name Table/ { table = 2; next }
        /Line Number Statements/ { table = 0 }
        table && $1 ~ /^[0-9]+$/ { name = $0; sub(/.*\): /, "", name) }
        table == 1 && $1 ~ /^[0-9]+$/ { dirs[$1] = name }
        table == 2 && $1 ~ /^[0-9]+$/ { print (name ~ /^\// ? "" : dirs[$2] "/") name }' |
        sed -n 's|^/usr/src/qrv/gcc/||p' |
        (cd "$work/compiler/src" && xargs -r realpath -m -s --relative-to=. && true) | sort -u |
        (cd "$work/compiler/src" && while read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done) \
            >"$work/runtime/sources"
    [ "$(wc -l <"$work/runtime/sources")" -ge 200 ] || die "the runtime's debug information names too few sources"
    tar -C "$work/compiler/src" -cf - -T "$work/runtime/sources" | tar -C "$1/src/gcc" -xf -
}

# --- gdb ------------------------------------------------------------------------------------------
# Python is linked into GDB; what of its library is needed lies in lib/python3.X, found relative to gdb.
static_python() { # directory; sets python (X.Y), leaves the program that answers for python-config
    local config library
    config=$(compgen -G '/usr/lib/python3.*/config-3.*/libpython3.*-pic.a' | sort -V | tail -1)
    [ -n "$config" ] || die "no static libpython: apt-get install libpython3-dev"
    python=${config##*/libpython}
    python=${python%-pic.a}
    library=$1/python
    rm -rf "$library"
    mkdir -p "$library"
    ln -s "$config" "$library/libpython$python.a"
    cat >"$library/answer" <<SH
#!/bin/sh
case \$2 in
--includes) echo "-I/usr/include/python$python -I/usr/include/x86_64-linux-gnu/python$python" ;;
--ldflags) echo "-L$library -Wl,--export-dynamic -lpython$python -lexpat -lz -lm -ldl -lutil" ;;
--exec-prefix) echo "$prefix" ;;
esac
SH
    chmod +x "$library/answer"
}

# Left out of Python's library: what needs libraries of the host, installers, tests, and other GUIs.
carry_python() { # install root
    local to=$1/lib/python$python from=/usr/lib/python$python module
    mkdir -p "$to/lib-dynload"
    (cd "$from" && find . \( -name __pycache__ -o -name test -o -name tests -o -name lib-dynload -o -name 'config-*' \
        -o -name idlelib -o -name tkinter -o -name turtledemo -o -name ensurepip -o -name lib2to3 -o -name venv \
        -o -name pydoc_data -o -name distutils -o -name dist-packages -o -name sqlite3 -o -name dbm -o -name curses \) \
        -prune -o -type f -name '*.py' ! -name sitecustomize.py -print0 | tar -cf - --null -T -) | tar -C "$to" -xf -
    for module in _json _contextvars _queue _asyncio termios mmap resource _posixshmem _multiprocessing _typing; do
        cp "$from"/lib-dynload/$module.cpython-* "$to/lib-dynload/" 2>/dev/null || true
    done
    # Compiled here once and for all, valid whatever the files' times: nothing is written at run time.
    "$1/bin/$target-gdb" -nx -batch -ex "python
import compileall, py_compile, sys
for tree, name in (('$to', 'lib/python$python'), ('$1/share/gdb/python', 'share/gdb/python')):
    if not compileall.compile_dir(tree, ddir=name, quiet=1, force=True,
                                  invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH):
        sys.exit('a module does not compile')"
}

# The archive of ncurses leaves open what that of tinfo has: under its names a linker script brings both.
static_curses() {
    local name
    for name in ncursesw ncurses curses; do
        rm -f "$work/host-libraries/lib$name.a"
        printf 'INPUT(%s %s)\n' "$(gcc -print-file-name=libncursesw.a)" "$(gcc -print-file-name=libtinfo.a)" \
            >"$work/host-libraries/lib$name.a"
    done
}

configure_gdb() { # directory
    ../src/configure --build=$build_triplet --target=$target --prefix=$prefix \
        --with-sysroot=$prefix/sysroot --disable-nls --disable-werror --disable-binutils --disable-ld \
        --disable-gas --disable-gprof --disable-sim --disable-gdbserver --disable-inprocess-agent \
        --disable-source-highlight --without-debuginfod --without-guile --without-babeltrace \
        --without-intel-pt --without-xxhash --with-expat --with-lzma --with-zstd \
        --enable-tui --with-curses --without-system-readline --with-python="$1/python/answer" \
        --with-gdb-datadir=$prefix/share/gdb --with-separate-debug-dir=$prefix/lib/debug \
        --with-system-gdbinit-dir=$prefix/share/gdb/system-gdbinit.d
}

build_gdb() { # directory, install root, recipe hash
    local python
    host_flags
    prepare "$1" gdb-source 'gdb.tar.xz' "$3"
    static_python "$1"
    static_curses
    cd "$1/build"
    [ -f Makefile ] || configure_gdb "$1"
    make -j"$QRV_JOBS" MAKEINFO=true all-gdb
    make MAKEINFO=true install-strip-gdb DESTDIR="${2%"$prefix"}"
    carry_python "$2"
}

# The result for the present recipe; failing that the newest one by the same compiler, which differs in
# the headers that its C++ library was built with: good for work, not for a release.
best_toolchain() {
    local exact dir
    exact=$cache/$(toolchain_hash)
    if [ -f "$exact/.identity" ]; then printf '%s\n' "$exact"; return; fi
    for dir in $(ls -1dt "$cache"/*/ 2>/dev/null); do
        if [ "$(cat "$dir/.compiler" 2>/dev/null)" = "$(stage_hash compiler)" ]; then
            say "the public headers changed since the toolchain was built; toolchain/build brings it up to date"
            printf '%s\n' "${dir%/}"
            return
        fi
    done
}

# Results and stages of older recipes go, all but the three newest of each: other work trees may use them.
prune() {
    local name dir
    {
        for name in $stages; do
            for dir in $(ls -1dt "$cache/stages/$name"-*/); do echo "$dir"; done | tail -n +4
        done
        for dir in $(ls -1dt "$cache"/*/); do
            if [ -f "$dir/.identity" ]; then echo "$dir"; fi
        done | tail -n +4
    } | xargs -r rm -rf
}

# --- putting it together --------------------------------------------------------------------------
assemble() { # directory
    local new=$1.new name
    rm -rf "$new"
    mkdir -p "$new"
    for name in $stages; do cp -al "$(stage_dir "$name")/." "$new/"; done
    rm -rf "$new"/share/{info,man,locale} "$new"/lib/bfd-plugins "$new/$target/sys-include" "$new/include"
    # 50 MB for looking into LTO objects is more than that is worth.
    rm -f "$new/bin/$target-lto-dump"
    find "$new" -name '*.la' -delete
    cp -a "$QRV_TOP/toolchain/gdb/share/." "$new/share/gdb/"
    "$QRV_TOP/toolchain/compat/install" "$new"
    stage_hash compiler >"$new/.compiler"
    "$QRV_TOP/toolchain/check-host" "$new" >&2 || die "a host program needs more than glibc"
    toolchain_hash >"$new/.result"
    code_hash >"$new/.identity"
    rm -rf "$1"
    mv "$new" "$1"
}
