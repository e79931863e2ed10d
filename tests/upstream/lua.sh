# SPDX-License-Identifier: Apache-2.0
# Lua 5.4 by its own makefile. Debian's source has no tests (Lua's are a tarball of its own, which Debian does
# not carry; set LUA_TESTS to its unpacked folder to run it). Instead: LPeg and LuaFileSystem, modules in C with tests of
# their own, loaded with dlopen(); Penlight's tests, a program for each file, started by a Lua program through
# the target's shell; a smoke test of ours (lua/smoke.lua).

build_lua() {
    local cc=riscv64-unknown-qrv-gcc lua=$dir/lua5.4/src
    make -C lua5.4 -j "$QRV_JOBS" posix "CC=$cc -std=gnu99" "AR=riscv64-unknown-qrv-ar rcu" \
        RANLIB=riscv64-unknown-qrv-ranlib MYCFLAGS=-DLUA_USE_DLOPEN MYLDFLAGS=-Wl,-E
    make -C lua-lpeg "CC=$cc" "LUADIR=$lua" linux
    make -C lua-filesystem "CC=$cc" "LUA_INC=-I$lua" lib
    $cc -O2 -Wall -Wextra -Werror -fPIC -shared "-I$lua" "$here/lua/counter.c" -o counter.so
}

bytecode() { # that luac wrote runs like its source
    "$target" src/luac -o "$1/smoke.luac" "$here/lua/smoke.lua" &&
        LUA_CPATH="$1/?.so" "$target" src/lua "$1/smoke.luac"
}

smoke_counts() { grep -o '^[0-9]* checks$' "$1"; }
penlight_counts() {
    printf '%s programs' "$(grep -c '^Running [^ ]*\.lua$' "$1")"
    grep -q '^Run completed successfully' "$1"
}
lua_official() { printf 'official suite'; grep -q '^final OK !!!' "$1"; }

part_lua() {
    build_once lua lua5.4 lua-lpeg lua-filesystem lua-penlight || return
    [ $build_only = 0 ] || return
    cd "$dir/lua5.4" || return
    local lua=$dir/lua5.4/src/lua
    check 300 "make test's lua -v" "$target" src/lua -v
    export target here
    export -f bytecode
    LUA_CPATH="$dir/?.so" counted 300 "smoke test of ours" smoke_counts "$target" src/lua "$here/lua/smoke.lua"
    counted 300 "smoke test from luac's bytecode" smoke_counts bash -c "bytecode '$dir'"
    cd "$dir/lua-lpeg" && check 600 "LPeg's test.lua" "$target" "$lua" test.lua
    if [ $full = 1 ]; then # it lists /tmp 8000 times
        cd "$dir/lua-filesystem" && LUA_CPATH="$dir/lua-filesystem/src/?.so" \
            check 1800 "LuaFileSystem's tests" "$target" "$lua" tests/test.lua
    else
        left_out "LuaFileSystem's tests (some minutes): --full"
    fi
    cd "$dir/lua-penlight" && LUA_CPATH="$dir/lua-filesystem/src/?.so" \
        counted 1200 "Penlight's tests" penlight_counts "$target" "$lua" run.lua tests
    if [ -n "${LUA_TESTS:-}" ]; then
        # literals.lua takes a locale that setlocale() accepts for one whose decimal point is a comma; our C library
        # (musl) accepts every name and keeps the point. _U is how the suite spells "no special build".
        cd "$LUA_TESTS" && counted 3600 "Lua's own tests, without foreign decimal points" lua_official "$target" "$lua" -e \
            "_U=true local set = os.setlocale
            function os.setlocale(n, ...) if n ~= 'pt_BR' and n ~= 'ptb' then return set(n, ...) end end" all.lua
    else
        left_out "Lua's own tests, which Debian does not carry: LUA_TESTS=<unpacked lua-5.4.x-tests> tests/upstream/run lua"
    fi
}
