# SPDX-License-Identifier: Apache-2.0
#
# Read by riscv64-unknown-qrv-gdb at its start, before the user's own settings, which therefore win.
# Everything is found from GDB's data directory (<sdk>/share/gdb), so the SDK may lie anywhere: the sysroot
# with the target's libraries, sources by the names that debug information gives them, the printers
# of libstdc++, and scripts below the SDK, which load without a question.

import os
import sys

import gdb

sys.dont_write_bytecode = True


def _qrv_setup():
    sdk = os.path.dirname(os.path.dirname(os.path.realpath(gdb.parameter("data-directory"))))

    def quoted(path):
        return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'

    gdb.execute("set sysroot " + os.path.join(sdk, "sysroot"))
    gdb.execute("add-auto-load-safe-path " + sdk)

    # The first rule that fits is taken: the narrow ones come first.
    headers = os.path.join(sdk, "riscv64-unknown-qrv", "include", "c++", "14")
    for name, place in (("/usr/src/qrv/c++", headers),
                        ("/usr/include", os.path.join(sdk, "sysroot", "usr", "include")),
                        ("/usr/src/qrv", os.path.join(sdk, "src"))):
        if os.path.isdir(place):
            gdb.execute("set substitute-path " + quoted(name) + " " + quoted(place))

    printers = os.path.join(sdk, "share", "gcc-14", "python")
    if os.path.isdir(printers):
        sys.path.insert(0, printers)
        from libstdcxx.v6 import register_libstdcxx_printers
        register_libstdcxx_printers(None)


try:
    _qrv_setup()
except Exception as problem:  # A debugger without these comforts is still a debugger.
    gdb.write("qrv: GDB could not be set up for the SDK: %s\n" % problem, gdb.STDERR)
