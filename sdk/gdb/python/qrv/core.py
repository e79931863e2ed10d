# SPDX-License-Identifier: Apache-2.0
#
# Core files: which program one is of, by its name and build ID, and opening both. Everything in the file is checked: it may be cut off,
# or no core file at all.

import os
import struct

import gdb

PT_NOTE, PT_LOAD = 4, 1
NT_PRPSINFO, NT_AUXV, NT_GNU_BUILD_ID = 3, 6, 3
AT_PHDR, AT_PHNUM, AT_EXECFN = 3, 5, 31
STRING_MAX = 1024


class Elf:
    """The program headers and notes of an ELF file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        head = self.bytes_at(0, 64)
        if head is None or head[:4] != b"\x7fELF" or head[4:6] != b"\2\1" or struct.unpack_from("<H", head, 18)[0] != 243:
            raise gdb.GdbError("%s: no ELF file for 64-bit RISC-V" % path)
        self.type, offset, size, count = (struct.unpack_from("<H", head, 16)[0], struct.unpack_from("<Q", head, 32)[0]) + \
            struct.unpack_from("<HH", head, 54)
        self.segments = []
        for i in range(count if size == 56 else 0):
            entry = self.bytes_at(offset + i * size, size)
            if entry is None:
                raise gdb.GdbError("%s: cut off: its program headers are not in the file" % path)
            kind, _, at, address, _, stored, _, _ = struct.unpack("<IIQQQQQQ", entry)
            self.segments.append((kind, at, address, stored))

    def bytes_at(self, offset, count):
        part = self.data[offset:offset + count]
        return part if len(part) == count else None

    def memory(self, address, count):
        for kind, at, start, stored in self.segments:
            if kind == PT_LOAD and start <= address and address + count <= start + stored:
                return self.bytes_at(at + address - start, count)
        return None

    def string(self, address):
        for count in (STRING_MAX, 256, 64, 16):  # as much as there is before the end of the segment
            text = self.memory(address, count)
            if text is not None:
                return text.split(b"\0")[0].decode(errors="replace")
        return None

    def notes(self):
        for kind, at, _, stored in self.segments:
            if kind == PT_NOTE:
                yield from notes_in(self.bytes_at(at, stored) or b"")


def notes_in(data):
    at = 0
    while at + 12 <= len(data):
        name, size, kind = struct.unpack_from("<III", data, at)
        start = at + 12 + (name + 3 & ~3)
        if start + size > len(data):
            return
        yield data[at + 12:at + 12 + name].rstrip(b"\0"), kind, data[start:start + size]
        at = start + (size + 3 & ~3)


def build_id(notes):
    return next((data.hex() for name, kind, data in notes if name == b"GNU" and kind == NT_GNU_BUILD_ID), None)


class Core(Elf):
    def __init__(self, path):
        super().__init__(path)
        if self.type != 4:
            raise gdb.GdbError("%s: an ELF file, but no core file" % path)
        self.name, self.vector = None, {}
        for name, kind, data in self.notes():
            if name == b"CORE" and kind == NT_PRPSINFO and len(data) >= 56:
                self.name = data[40:56].split(b"\0")[0].decode(errors="replace")
            if name == b"CORE" and kind == NT_AUXV:
                self.vector = dict(struct.iter_unpack("<QQ", data[:len(data) // 16 * 16]))
        self.path = self.string(self.vector.get(AT_EXECFN, 0)) or self.name or ""
        self.build_id = build_id(self.program_notes())

    def program_notes(self):
        """The notes of the program itself, in its memory."""
        table, count = self.vector.get(AT_PHDR, 0), min(self.vector.get(AT_PHNUM, 0), 64)
        headers = self.memory(table, count * 56)
        if headers is None:
            return
        entries = list(struct.iter_unpack("<IIQQQQQQ", headers))
        base = next((table - e[3] for e in entries if e[0] == 6), None)  # PT_PHDR
        if base is None:
            base = table - 64
        for entry in entries:
            if entry[0] == PT_NOTE:
                yield from notes_in(self.memory(base + entry[3], min(entry[5], 4096)) or b"")


def candidates(core, directories):
    sysroot = gdb.parameter("sysroot")
    base = os.path.basename(core.path)
    if core.build_id:
        yield os.path.join(sysroot, "usr/lib/debug/.build-id", core.build_id[:2], core.build_id[2:] + ".debug")
    for directory in list(directories) + [".", "build"] + [os.path.join(sysroot, d) for d in ("bin", "sbin", "usr/bin", "boot")]:
        yield os.path.join(directory, base)
    if core.path.startswith("/"):
        yield os.path.join(sysroot, core.path.lstrip("/"))


def find_program(core, directories):
    """A file with the program's build ID, or one of its name where there is none to compare."""
    other = None
    for path in candidates(core, directories):
        if not os.path.isfile(path):
            continue
        try:
            found = build_id(Elf(path).notes())
        except (gdb.error, OSError):
            continue
        if core.build_id is None or found == core.build_id:
            return path, None
        other = path
    return None, other


def quoted(path):
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def open_core(path, program, directories):
    try:
        core = Core(path)
    except OSError as problem:
        raise gdb.GdbError("%s: %s" % (path, problem.strerror))
    other = None
    if program is None:
        program, other = find_program(core, directories)
    elif core.build_id and core.build_id != build_id(Elf(program).notes()):
        gdb.write("warning: %s is another build than the program that died (build ID %s)\n" % (program, core.build_id), gdb.STDERR)
    if program is None:
        gdb.write("warning: the program %s was not found%s; name it, or its directory with --search\n" % (
            core.path or "?", ": %s is another build" % other if other else ""), gdb.STDERR)
    else:
        gdb.execute("file " + quoted(program))
    try:
        gdb.execute("core-file " + quoted(path))
    except gdb.error as problem:
        if "not supported" in str(problem):
            raise gdb.GdbError("This GDB reads no core files of QRV: it was built before there were any (toolchain/build).")
        raise gdb.GdbError(str(problem))
    for _, at, _, stored in core.segments:
        if at + stored > len(core.data):
            gdb.write("warning: the file is cut off: %d bytes are missing\n" % (at + stored - len(core.data)), gdb.STDERR)
            break
