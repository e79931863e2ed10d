# SPDX-License-Identifier: Apache-2.0
#
# Symbols of a process on a stopped machine: its page table is searched for ELF headers (the program's and the libraries'), and the files
# with their build IDs are added at the addresses found. The process's memory is hostile: everything is checked and bounded.

import glob
import os
import struct

import gdb

from qrv import core

PAGE = 4096
PTE_EXECUTE = 8
PT_LOAD, PT_INTERP, PT_NOTE, PF_X = 1, 3, 4, 1
NOTES_MAX = 4096

REGISTERS = ("pc ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").split()

added = []  # files that use_process() gave to GDB


class Mapped:
    """An ELF file as it lies in a process: its base, where addresses of the file begin, and its build ID."""

    def __init__(self, kernel, process, base):
        self.base, self.build_id, self.path = base, None, ""
        head = kernel.user_bytes(process, base, 64)
        if head is None or head[4:6] != b"\2\1" or struct.unpack_from("<H", head, 18)[0] != 243:
            raise ValueError("no ELF file of this machine")
        kind, offset = struct.unpack_from("<H", head, 16)[0], struct.unpack_from("<Q", head, 32)[0]
        size, count = struct.unpack_from("<HH", head, 54)
        table = kernel.user_bytes(process, base + offset, size * count) if size == 56 and count <= 64 and offset < PAGE else None
        if table is None:
            raise ValueError("without program headers")
        segments = [struct.unpack_from("<IIQQQQQQ", table, i * size) for i in range(count)]
        loads = [s for s in segments if s[0] == PT_LOAD]
        if not loads or loads[0][2] >= PAGE:
            raise ValueError("its header is not part of what is loaded")
        self.offset = 0 if kind == 2 else base - (loads[0][3] & -PAGE)
        self.is_program = kind == 2 or any(s[0] == PT_INTERP for s in segments)
        # A file that is only read, as data, looks the same but for this.
        if not any(kernel.user_entry(process, a) & PTE_EXECUTE for s in loads if s[1] & PF_X
                   for a in range(self.offset + (s[3] & -PAGE), self.offset + s[3] + min(s[6], 1 << 24), PAGE)):
            raise ValueError("not loaded as a program")
        for s in segments:
            if s[0] == PT_NOTE:
                notes = kernel.user_bytes(process, self.offset + s[3], min(s[5], NOTES_MAX))
                self.build_id = self.build_id or core.build_id(core.notes_in(notes or b""))


def mapped(kernel, process):
    for address, page in kernel.user_pages(process):
        data = kernel.read(page, 4, "memory of a process")
        if data == b"\x7fELF":
            try:
                yield Mapped(kernel, process, address)
            except ValueError:
                continue


def library(build_id, directories):
    """A shared library with that build ID."""
    for directory in list(directories) + [".", "build", os.path.join(gdb.parameter("sysroot"), "usr/lib")]:
        for path in sorted(glob.glob(os.path.join(glob.escape(directory), "*.so*"))):
            try:
                if core.build_id(core.Elf(path).notes()) == build_id:
                    return path
            except (gdb.error, OSError):
                continue  # a linker script has that name, too
    return None


def forget():
    while added:
        try:
            gdb.execute("remove-symbol-file " + core.quoted(added.pop()), to_string=True)
        except gdb.error:
            pass  # the user was faster


def file_with_symbols(file, directories):
    """By build ID; a program without one by its name."""
    path = core.find_program(file, directories)[0] if file.build_id or file.is_program else None
    if path is None and file.build_id:
        path = library(file.build_id, directories)
    return path and os.path.abspath(path)


def use_process(kernel, process, directories):
    forget()
    name = kernel.text(process["name"])
    for file in list(mapped(kernel, process)):
        file.path = name
        path = file_with_symbols(file, directories)
        if path is None:
            gdb.write("0x%x  no file with build ID %s here\n" % (file.base, file.build_id or "(none)"))
            continue
        gdb.execute("add-symbol-file %s -o 0x%x" % (core.quoted(path), file.offset), to_string=True)
        added.append(path)
        gdb.write("0x%x  %s\n" % (file.base, path))
    if not added:
        raise gdb.GdbError("Nothing of process %d has symbols here; --search DIR names a directory with its program." % int(process["pid"]))


def get(name):
    return int(gdb.parse_and_eval("$" + name)) & (1 << 64) - 1


def put(values):
    for name, value in values.items():
        gdb.execute("set var $%s = 0x%x" % (name, value), to_string=True)


def backtrace(kernel, thread):
    """GDB unwinds what a hart holds: the hart gets the thread's registers and page table, as user, and then its own back."""
    process = kernel.owner(thread)
    space = kernel.at(int(process["as"]), "struct aspace") if process is not None and int(process["as"]) else None
    gdb.write("%s %s\n" % (kernel.label(thread), kernel.state(thread)))
    if space is None or kernel.state(thread) in ("DEAD", "RUNNING"):
        gdb.write("its registers are those of a hart: info threads\n" if space is not None else "")
        return
    registers = thread["regs"]
    values = {name: int(registers["x"][i]) for i, name in enumerate(REGISTERS) if i}
    values.update(pc=int(registers["pc"]), satp=int(space["satp"]), priv=0)
    own = {name: get(name) for name in values}
    try:
        put(values)
        gdb.execute("backtrace")
    finally:
        put(own)
