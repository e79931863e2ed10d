# SPDX-License-Identifier: Apache-2.0
#
# Read by riscv64-unknown-qrv-gdb at its start: the commands "info qrv ..." and "qrv ...", which look into the kernel through
# QEMU's stub or a JTAG probe's. They load their parts when they are used first.

import os
import sys

import gdb


def _qrv_commands():
    here = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    python = os.path.join(here, "python")
    if python not in sys.path:
        sys.path.insert(0, python)
    import qrv.commands


try:
    _qrv_commands()
except Exception as problem:  # A debugger without these comforts is still a debugger.
    gdb.write("qrv: no commands for the kernel: %s\n" % problem, gdb.STDERR)
