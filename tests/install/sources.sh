# SPDX-License-Identifier: Apache-2.0
# Part of tests/install/trust: wherever the SDK lies, GDB shows the source of what ships, with the debug information
# that was split off. Our own GDB does so by itself; another one is told where the SDK is.
moved="$scratch/somewhere else"
cp -a -l "$sdk" "$moved" 2>/dev/null || cp -a "$sdk" "$moved"
real=
case $(field "$sdk/MANIFEST" toolchain) in
bootstrap*) debugger=(gdb-multiarch -nx -batch -iex "set sysroot $moved/sysroot" 
    -iex "set substitute-path /usr/src/qrv \"$moved/src\"") ;;
*)
    real=1
    debugger=("$moved/bin/riscv64-unknown-qrv-gdb" -batch)
    ;;
esac

# shows FILE FUNCTION SOURCE TEXT: listing FUNCTION of FILE shows TEXT, and it comes from SOURCE in the SDK
shows() {
    check "GDB on $1" 0 "${debugger[@]}" -ex "list $2" -ex "list" -ex "info source" "$moved/$1"
    grep -qF -- "$4" "$scratch/out"
    result $? "... shows $2()"
    grep -q "^Located in $moved/src/$3\$" "$scratch/out"
    result $? "... from $3"
}
if command -v "${debugger[0]}" >/dev/null; then
    shows images/kernel.elf thread_create kernel/object/thread.c "check_sched(p, tc"
    shows sysroot/usr/lib/libc.so printf libc/src/src/stdio/printf.c "vfprintf(stdout, fmt, ap)"
    shows sysroot/usr/lib/libc.so MsgSend libc/src/src/neutrino/message_send.c "return __qrv_neg(PLAIN(send_cp));"
    shows sysroot/boot/taskman pool_start taskman/main/pool.c "int pool_start(void)"
    shows sysroot/sbin/pipe main services/pipe/pipe.c "int main"
    shows sysroot/bin/pidin main utils/pidin/pidin.c "fflush(stdout)"
    if [ -n "$real" ]; then
        shows sysroot/usr/lib/libstdc++.so.6 std::__throw_bad_alloc gcc/libstdc++-v3/src/c++11/functexcept.cc "bad_alloc"
        shows sysroot/usr/lib/libgcc_s.so.1 _Unwind_RaiseException gcc/libgcc/unwind.inc "uw_init_context (&this_context)"
    fi
else
    skip "sources in GDB" "neither the SDK's GDB nor gdb-multiarch is there"
fi
