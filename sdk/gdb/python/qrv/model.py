# SPDX-License-Identifier: Apache-2.0
#
# The kernel's objects as GDB sees them: found by their names and types in the debug information, so no offset is written here.
# What is read may be damaged, or half changed by the hart that was stopped: every walk is bounded, says what is wrong, and goes on
# with what can be trusted.

import struct

import gdb

STEPS_MAX = 20000  # entries of one list
PAGES_MAX = 65536  # of one process


class Damage:
    """What was found wrong while a command ran."""

    def __init__(self):
        self.seen = []

    def add(self, text):
        if text not in self.seen:
            self.seen.append(text)
            if len(self.seen) <= 20:
                gdb.write("warning: %s\n" % text, gdb.STDERR)


class Kernel:
    """A stopped kernel. Use with "with": in the meantime its addresses can be read whatever the hart was doing."""

    def __init__(self):
        self.damage = Damage()
        self.types = {}
        self.privilege = None
        if gdb.lookup_static_symbol("slots") is None or not self._global("gdb_facts"):
            raise gdb.GdbError("No QRV kernel here: give GDB its file, images/kernel.elf of the SDK (images/debug/kernel.elf "
                               "for the debug kernel).")
        if not gdb.selected_inferior().threads():
            raise gdb.GdbError("GDB is not connected to a machine: target remote HOST:PORT, or qrv kernel-debug.")
        thread = gdb.selected_thread()
        if thread is None or thread.is_running():
            raise gdb.GdbError("The machine is running: interrupt it first (Ctrl-C).")

    # A stub reads memory as the stopped hart would: in user mode it would not reach the kernel. So the hart is in supervisor mode
    # while a command works, and back afterwards.
    def __enter__(self):
        self.frame_level = gdb.selected_frame().level()
        try:
            now = int(gdb.parse_and_eval("$priv"))
        except (gdb.error, TypeError):
            now = None  # a stub without that register; its answers will tell
        if now is not None and now & 3 != 1:
            gdb.execute("set $priv = 1", to_string=True)
            self.privilege = now
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        if self.privilege is not None:
            gdb.execute("set $priv = %d" % self.privilege, to_string=True)
            self.privilege = None
            if self.frame_level:
                gdb.execute("frame %d" % self.frame_level, to_string=True)

    def _begin(self):
        try:
            self.facts = gdb.parse_and_eval("gdb_facts")
            self.facts.fetch_lazy()
            self.chunk = int(self.facts["idtable_chunk"])
            self.states = [self._text(self.facts["states"][i]) for i in range(int(self.facts["states"].type.range()[1]) + 1)]
        except gdb.MemoryError:
            raise gdb.GdbError("The kernel's memory cannot be read: it has not set up its page tables yet, or this is not the "
                               "kernel that runs.")
        if not 1 <= self.chunk <= 65536 or "REPLY" not in self.states:
            raise gdb.GdbError("This is not the kernel that runs: its constants read as something else.")

    @staticmethod
    def _global(name):
        return gdb.lookup_global_symbol(name) or gdb.lookup_static_symbol(name)

    @staticmethod
    def _text(value, room=80):
        try:
            return value.string(length=-1, errors="replace") if value.type.code == gdb.TYPE_CODE_PTR else \
                value.string(errors="replace")[:room].split("\0")[0]
        except gdb.error:
            return "?"

    text = _text

    def type(self, name):
        if name not in self.types:
            self.types[name] = gdb.lookup_type(name)
        return self.types[name]

    # ---- memory

    @staticmethod
    def is_address(address):
        return address >> 38 == 0x3ffffff and address % 8 == 0  # the upper half of Sv39

    def read(self, address, count, what):
        try:
            return bytes(gdb.selected_inferior().read_memory(address, count))
        except gdb.MemoryError:
            self.damage.add("%s at 0x%x cannot be read" % (what, address))
            return None

    def words(self, address, count, what):
        data = self.read(address, 8 * count, what)
        return struct.unpack("<%dQ" % count, data) if data else ()

    def at(self, address, type_name):
        """The object at an address, read at once; None after a warning."""
        if not self.is_address(address):
            self.damage.add("0x%x is no %s: not an address of the kernel" % (address, type_name))
            return None
        value = gdb.Value(address).cast(self.type(type_name).pointer()).dereference()
        try:
            value.fetch_lazy()
        except gdb.error:
            self.damage.add("%s at 0x%x cannot be read" % (type_name, address))
            return None
        return value

    def list(self, head, type_name, member, what):
        """The entries of a struct list."""
        offset = next(f.bitpos // 8 for f in self.type(type_name).fields() if f.name == member)
        first = int(head.address)
        before, at, seen = first, int(head["next"]), set()
        while at != first:
            if at in seen or len(seen) >= STEPS_MAX:
                self.damage.add("%s: the list runs in a circle at 0x%x" % (what, at))
                return
            link = self.at(at, "struct list")
            if link is None:
                self.damage.add("%s: the list breaks off after %d" % (what, len(seen)))
                return
            if int(link["prev"]) != before:
                self.damage.add("%s: the entry at 0x%x does not point back: damaged, or being changed" % (what, at))
            seen.add(at)
            entry = self.at(at - offset, type_name)
            if entry is not None:
                yield entry
            before, at = at, int(link["next"])

    def table(self, table, type_name, what):
        """(id, object) of a struct idtable."""
        top, ids = int(table["chunks"]), int(table["max"])
        if top == 0:
            return
        if not self.is_address(top) or ids > 1 << 20:
            self.damage.add("%s: its table is damaged" % what)
            return
        for i, chunk in enumerate(self.words(top, (ids + self.chunk - 1) // self.chunk, what)):
            if chunk == 0:
                continue
            if not self.is_address(chunk):
                self.damage.add("%s: chunk %d of its table is damaged (0x%x)" % (what, i, chunk))
                continue
            for k, pointer in enumerate(self.words(chunk, self.chunk, what)):
                if pointer:
                    entry = self.at(pointer, type_name)
                    if entry is not None:
                        yield i * self.chunk + k, entry

    # ---- processes and threads

    def processes(self, pid=None):
        slots = gdb.lookup_static_symbol("slots").value()
        count = slots.type.range()[1] + 1
        found = []
        for slot, pointer in enumerate(self.words(int(slots.address), count, "the table of processes")):
            if pointer == 0 or (pid is not None and pid % count != slot):
                continue
            process = self.at(pointer, "struct process")
            if process is None or int(process["refs"]) == 0:
                continue
            if int(process["pid"]) % count != slot:
                self.damage.add("slot %d has process %d: damaged, or being changed" % (slot, int(process["pid"])))
                continue
            if pid is None or int(process["pid"]) == pid:
                found.append(process)
        return sorted(found, key=lambda p: int(p["pid"]))

    def process(self, pid):
        found = self.processes(pid)
        if not found:
            raise gdb.GdbError("There is no process %d." % pid)
        return found[0]

    def name(self, process):
        path = self.text(process["name"])
        return path.rsplit("/", 1)[-1] or "?"

    def threads(self, process):
        pid = int(process["pid"])
        for tid, thread in self.table(process["threads"], "struct thread", "threads of process %d" % pid):
            if int(thread["proc"]) != int(process.address) or int(thread["tid"]) != tid:
                self.damage.add("thread %d of process %d belongs to something else: damaged, or ending" % (tid, pid))
                continue
            yield thread

    def thread(self, pid, tid):
        for thread in self.threads(self.process(pid)):
            if int(thread["tid"]) == tid:
                return thread
        raise gdb.GdbError("There is no thread %d in process %d." % (tid, pid))

    def state(self, thread):
        number = int(thread["state"])
        return self.states[number] if number < len(self.states) else "?%d" % number

    def owner(self, thread):
        """The process of a thread."""
        return self.at(int(thread["proc"]), "struct process")

    def label(self, thread):
        process = self.owner(thread)
        name = self.text(thread["name"])
        return "%d.%d (%s%s)" % (int(process["pid"]) if process is not None else 0, int(thread["tid"]),
                                 self.name(process) if process is not None else "?", ", " + name if name else "")

    def harts(self):
        count = int(gdb.parse_and_eval("num_harts"))
        harts = gdb.parse_and_eval("harts")
        for i in range(min(count, harts.type.range()[1] + 1)):
            yield harts[i]

    # ---- memory of a process, through its page table

    def user_entry(self, process, address):
        """The entry of a page in the process's page table; 0: it has no such page."""
        table = self.root(process)
        for level in (2, 1, 0):
            if table is None:
                return 0
            words = self.words(table + (address >> (12 + 9 * level) & 511) * 8, 1, "a page table")
            if not words or not self.has_frame(words[0]) or bool(words[0] & 0xe) != (level == 0):
                return 0  # no large pages in user space
            table = self.target(words[0])
        return words[0]

    def root(self, process):
        space = self.at(int(process["as"]), "struct aspace") if int(process["as"]) else None
        return self.direct_map() + int(space["root"]) if space is not None else None

    def target(self, entry):
        """What an entry of a page table leads to, in the kernel's direct map."""
        return self.direct_map() + ((entry >> 10 & (1 << 44) - 1) << 12)

    def frame(self, process, address):
        """Where a page of a process lies: an address of the kernel's direct map; None: it has no such page."""
        entry = self.user_entry(process, address)
        return self.target(entry) if entry else None

    def user_pages(self, process):
        """(address, where it lies) of each page of a process."""
        def walk(table, base, level):
            for i, entry in enumerate(self.words(table, 256 if level == 2 else 512, "a page table")):
                if not self.has_frame(entry) or bool(entry & 0xe) != (level == 0):
                    continue
                address = base + (i << (12 + 9 * level))
                if level:
                    yield from walk(self.target(entry), address, level - 1)
                else:
                    yield address, self.target(entry)

        root = self.root(process)
        for count, page in enumerate(walk(root, 0, 2) if root is not None else ()):
            if count == PAGES_MAX:
                self.damage.add("process %d has more than %d pages: the others were not looked at" % (int(process["pid"]), count))
                return
            yield page

    def has_frame(self, entry):
        held, lazy = int(self.facts["pte_held"]), int(self.facts["pte_lazy"])
        return bool(entry & 1) or (entry & (held | lazy)) == held

    def direct_map(self):
        """Where the kernel sees physical address 0."""
        return int(self.facts["direct_base"])

    def user_bytes(self, process, address, count):
        """Memory of a process; None where a page of it is missing."""
        data = b""
        while len(data) < count:
            at = address + len(data)
            page = self.frame(process, at)
            part = self.read(page + at % 4096, min(count - len(data), 4096 - at % 4096), "memory of a process") if page else None
            if part is None:
                return None
            data += part
        return data

    def user_word(self, process, address):
        data = self.user_bytes(process, address, 4)
        return struct.unpack("<I", data)[0] if data else None
