# SPDX-License-Identifier: Apache-2.0
#
# info qrv processes|threads|channels|connections|timers|locks, qrv why-blocked, use-process, backtrace.

import functools

import gdb

from qrv import blocked
from qrv.model import Kernel


def table(rows, titles):
    """Prints columns; the last one may be as wide as it likes."""
    rows = [titles] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(titles))]
    for row in rows:
        gdb.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n")


def numbers(text, form):
    """A command's argument as numbers, or the form it should have."""
    words = text.replace(".", " ").split()
    try:
        found = [int(word, 0) for word in words]
    except ValueError:
        raise gdb.GdbError("usage: " + form)
    if len(found) > form.count("[") or any(n < 0 for n in found):
        raise gdb.GdbError("usage: " + form)
    return found


class Command(gdb.Command):
    """A command whose help is that of its function."""

    def __init__(self, name, function, form, kind):
        self.__doc__ = function.__doc__ + "\nUsage: " + form
        super().__init__(name, kind)
        self.function, self.form = function, form

    def invoke(self, argument, from_tty):
        self.dont_repeat()
        self.function(argument, self.form)


def command(form, kind=gdb.COMMAND_STATUS):
    name = form.split(" [")[0]
    return lambda function: Command(name, function, form, kind)


def with_kernel(function):
    """For commands whose argument is [PID]: gives them the kernel and the processes."""
    @functools.wraps(function)
    def run(argument, form):
        pids = numbers(argument, form)
        with Kernel() as kernel:
            function(kernel, [kernel.process(pids[0])] if pids else kernel.processes())
    return run


class InfoPrefix(gdb.Command):
    """What the kernel of QRV holds, on a machine that is stopped."""


class Prefix(gdb.Command):
    """Commands for QRV."""


InfoPrefix("info qrv", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)
Prefix("qrv", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)


def flags_of(process):
    bits = int(process["flags"])
    names = ((0x1, "ending"), (0x2, "dead"), (0x4, "stopped"), (0x80, "debugged"))
    return " ".join(name for bit, name in names if bits & bit) or "-"


@command("info qrv processes [PID]")
@with_kernel
def processes(kernel, chosen):
    """Processes, as the kernel knows them."""
    table([[int(p["pid"]), int(p["ppid"]), int(p["threads"]["count"]), int(p["channels"]["count"]),
            int(p["fds"]["count"]) + int(p["side"]["count"]), int(p["timers"]["count"]), flags_of(p), kernel.name(p)] for p in chosen],
          ["PID", "PARENT", "THREADS", "CHANNELS", "CONNECTIONS", "TIMERS", "FLAGS", "NAME"])


@command("info qrv threads [PID]")
@with_kernel
def threads(kernel, chosen):
    """Threads: priority, state, and what each waits for."""
    table([["%d.%d" % (int(p["pid"]), int(t["tid"])), "%d%s" % (int(t["prio"]), "ofrs"[min(int(t["policy"]), 3)]),
            kernel.state(t), kernel.name(p) + (":" + kernel.text(t["name"]) if kernel.text(t["name"]) else ""),
            blocked.reason(kernel, t)] for p in chosen for t in kernel.threads(p)],
          ["THREAD", "PRIO", "STATE", "NAME", "WAITS FOR"])


@command("info qrv channels [PID]")
@with_kernel
def channels(kernel, chosen):
    """Channels with their queues: threads that send, receive and wait for a reply; pulses."""
    def queue(channel, name, kind="struct thread", member="link"):
        return list(kernel.list(channel[name], kind, member, "%s of channel %d" % (name, int(channel["chid"]))))

    def who(waiting):
        return " ".join("%d.%d" % blocked.number(kernel, t) for t in waiting) or "-"

    rows = []
    for p in chosen:
        for chid, ch in kernel.table(p["channels"], "struct channel", "channels of process %d" % int(p["pid"])):
            rows.append([int(p["pid"]), kernel.name(p), chid, "0x%x" % int(ch["flags"]), who(queue(ch, "senders")),
                         who(queue(ch, "receivers")), who(queue(ch, "repliers")), len(queue(ch, "pulses", "struct pulse"))])
    table(rows, ["PID", "NAME", "CHID", "FLAGS", "SENDING", "RECEIVING", "AWAITING REPLY", "PULSES"])


@command("info qrv connections [PID]")
@with_kernel
def connections(kernel, chosen):
    """Connections, and where each leads."""
    rows = []
    for p in chosen:
        pid = int(p["pid"])
        for kind, base in (("fds", 0), ("side", int(kernel.facts["side_channel"]))):
            for index, c in kernel.table(p[kind], "struct conn", "connections of process %d" % pid):
                channel = kernel.at(int(c["chan"]), "struct channel")
                server = channel is not None and not int(channel["destroyed"]) and kernel.at(int(channel["proc"]), "struct process")
                sconn = kernel.at(int(c["sconn"]), "struct sconn")
                coid = index + base
                rows.append([pid, kernel.name(p), "0x%x" % coid if base else coid,
                             "%d (%s)" % (int(server["pid"]), kernel.name(server)) if server else "gone",
                             int(channel["chid"]) if channel is not None else "?",
                             "0x%x" % (int(sconn["index"]) + int(kernel.facts["scoid_base"])) if sconn is not None else "?",
                             "0x%x" % int(c["flags"])])
    table(rows, ["PID", "NAME", "COID", "SERVER", "CHID", "SCOID", "FLAGS"])


def seconds(ns):
    return "%.6f" % (ns / 1e9)


@command("info qrv timers [PID]")
@with_kernel
def timers(kernel, chosen):
    """Timers and alarms. Times are seconds since the machine's start, or of CPU time."""
    rows = []
    for p in chosen:
        pid = int(p["pid"])
        for number, t in kernel.table(p["timers"], "struct timer", "timers of process %d" % pid):
            is_set = int(t["kt"]["hart"]) >= 0 or int(t["cpu_tid"]) >= 0 and int(t["deadline"])
            rows.append([pid, kernel.name(p), number, int(t["clock"]), seconds(int(t["deadline"])) if is_set else "not set",
                         seconds(int(t["set"]["interval_nsec"])), int(t["overruns"])])
        if int(p["alarm"]["hart"]) >= 0:
            rows.append([pid, kernel.name(p), "alarm", "-", seconds(int(p["alarm"]["deadline"])),
                         seconds(int(p["alarm_interval"])), "-"])
    table(rows, ["PID", "NAME", "TIMER", "CLOCK", "NEXT", "INTERVAL", "OVERRUNS"])


@command("info qrv locks [PID]")
@with_kernel
def locks(kernel, chosen):
    """Mutexes, condition variables and semaphores that threads wait for; spinlocks that harts hold."""
    waiting = {}
    for p in chosen:
        for t in kernel.threads(p):
            if kernel.state(t) in ("MUTEX", "CONDVAR", "SEM"):
                key = (kernel.state(t), int(t["sync"]["key"][0]), int(t["sync"]["key"][1]), int(t["sync"]["addr"]))
                waiting.setdefault(key, []).append(t)
    rows = []
    for key, found in sorted(waiting.items()):
        holder = blocked.mutex_holder(kernel, found[0]) if key[0] == "MUTEX" else None
        rows.append([key[0], "0x%x" % key[3], "-" if key[0] != "MUTEX" else holder.text if holder else "?",
                     ", ".join(kernel.label(t) for t in found)])
    table(rows, ["KIND", "ADDRESS", "HELD BY", "WAITING"])
    held = []
    for hart in kernel.harts():
        kept = hart["locks"]
        for i in range(min(int(hart["lock_depth"]), kept.type.range()[1] + 1)):
            lock = kernel.at(int(kept[i]), "struct spinlock")
            held.append([int(hart["index"]), gdb.Value(int(kept[i])).cast(kernel.type("struct spinlock").pointer()).format_string(symbols=True),
                         int(lock["rank"]) if lock is not None else "?"])
    if held:
        gdb.write("\n")
        table(held, ["HART", "SPINLOCK", "RANK"])


@command("qrv connect [WHERE]", gdb.COMMAND_RUNNING)
def connect(argument, form):
    """Connects to the machine at WHERE (HOST:PORT, or a socket's path); GDB ends when that fails. For qrv kernel-debug."""
    try:
        gdb.execute("set tcp connect-timeout 5")
        gdb.execute("target remote " + argument)
    except gdb.error as problem:
        gdb.write("qrv kernel-debug: error: nothing at %s that speaks GDB's protocol (%s); for an emulator: qrv run --gdb\n" %
                  (argument, str(problem).rstrip(".")), gdb.STDERR)
        gdb.execute("quit 1")


def or_quit(function):
    """For the commands of qrv: GDB ends where there is nothing to debug."""
    @functools.wraps(function)
    def run(argument, form):
        try:
            function(argument, form)
        except gdb.GdbError as problem:
            gdb.write("error: %s\n" % problem, gdb.STDERR)
            gdb.execute("quit 1")
    return run


@command("qrv core-file [FILE]", gdb.COMMAND_FILES)
def core_file(argument, form):
    """Opens a core file, with its program and libraries: by build ID where it has one, in the current directory, those
named by --search DIR, and the SDK's sysroot. --program FILE names it."""
    from qrv import core
    words, directories, program, file = gdb.string_to_argv(argument), [], None, None
    while words:
        word = words.pop(0)
        if word in ("--search", "--program") and words:
            if word == "--search":
                directories.append(words.pop(0))
            else:
                program = words.pop(0)
        elif file is None and not word.startswith("--"):
            file = word
        else:
            raise gdb.GdbError("usage: qrv core-file [--program FILE] [--search DIR]... FILE")
    if file is None:
        raise gdb.GdbError("usage: qrv core-file [--program FILE] [--search DIR]... FILE")
    core.open_core(file, program, directories)


@command("qrv open-core [FILE]", gdb.COMMAND_FILES)
@or_quit
def open_core(argument, form):
    """As qrv core-file; GDB ends when that fails. For the verb qrv core."""
    core_file.function(argument, form)


@command("qrv why-blocked [PID] [TID]")
def why_blocked(argument, form):
    """Who blocks whom: from a thread, or each blocked thread of a process, to the one that has to act."""
    which = numbers(argument, form)
    with Kernel() as kernel:
        blocked.explain(kernel, *which)


@command("qrv use-process [PID]", gdb.COMMAND_FILES)
def use_process(argument, form):
    """Adds the symbols of a process, program and libraries, at their addresses; those of the one before are removed. Files are
found by build ID: in the sysroot, the current directory, build, and those named by --search DIR. Without PID: none."""
    from qrv import user
    words, directories, pids = gdb.string_to_argv(argument), [], []
    while words:
        word = words.pop(0)
        if word == "--search" and words:
            directories.append(words.pop(0))
        else:
            pids += numbers(word, form)
    if len(pids) > 1:
        raise gdb.GdbError("usage: qrv use-process [--search DIR]... [PID]")
    if not pids:
        user.forget()
        return
    with Kernel() as kernel:
        user.use_process(kernel, kernel.process(pids[0]), directories)


@command("qrv backtrace [PID] [TID]")
def backtrace(argument, form):
    """Where threads of a process stand in their program: all of them, or one. The symbols are those of qrv use-process."""
    from qrv import user
    which = numbers(argument, form)
    if not which:
        raise gdb.GdbError("usage: qrv backtrace PID [TID]")
    with Kernel() as kernel:
        chosen = [kernel.thread(*which)] if len(which) == 2 else list(kernel.threads(kernel.process(which[0])))
        for thread in chosen:
            user.backtrace(kernel, thread)
