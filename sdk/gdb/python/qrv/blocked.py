# SPDX-License-Identifier: Apache-2.0
#
# What a thread waits for, and who has to act so that it goes on.

import gdb


class Holder:
    """Who holds a mutex: a thread of the kernel, or words for what is not one."""

    def __init__(self, kernel, thread=None, text=None):
        self.thread = thread
        self.text = text or kernel.label(thread)


def number(kernel, thread):
    process = kernel.owner(thread)
    return (int(process["pid"]) if process is not None else 0, int(thread["tid"]))


def channel_of(kernel, thread):
    address = int(thread["msg"]["chan"])
    return kernel.at(address, "struct channel") if address else None


def server_of(kernel, channel):
    return kernel.at(int(channel["proc"]), "struct process") if channel is not None and not int(channel["destroyed"]) else None


def mutex_holder(kernel, thread):
    """From the thread that it lends its priority to, or from the owner word of the mutex."""
    boosted = int(thread["sync"]["owner"])
    if boosted:
        holder = kernel.at(boosted, "struct thread")
        return Holder(kernel, holder) if holder is not None else None
    process = kernel.owner(thread)
    word = kernel.user_word(process, int(thread["sync"]["addr"]) + 4) if process is not None else None
    if word is None:
        return None
    identity = word & ~int(kernel.facts["sync_waiters"])
    pid, tid = identity >> 16, identity & 0xffff
    try:
        return Holder(kernel, kernel.thread(pid, tid))
    except gdb.error:
        return Holder(kernel, text="nobody (owner word 0x%x)" % word)


def deadline(thread):
    return ", until %.3f s" % (int(thread["tmo"]["deadline"]) / 1e9) if int(thread["tmo"]["active"]) else ""


def reason(kernel, thread):
    """In a few words."""
    state = kernel.state(thread)
    if state in ("SEND", "REPLY"):
        channel = channel_of(kernel, thread)
        server = server_of(kernel, channel)
        if server is None:
            return "a channel that is gone"
        return "%d (%s) chid %d%s" % (int(server["pid"]), kernel.name(server), int(channel["chid"]), deadline(thread))
    if state == "RECEIVE":
        channel = channel_of(kernel, thread)
        return "chid %d%s" % (int(channel["chid"]) if channel is not None else int(thread["blocked_on"]), deadline(thread))
    if state == "MUTEX":
        holder = mutex_holder(kernel, thread)
        return "mutex 0x%x held by %s%s" % (int(thread["sync"]["addr"]), holder.text if holder else "?", deadline(thread))
    if state in ("CONDVAR", "SEM"):
        return "0x%x%s" % (int(thread["blocked_on"]), deadline(thread))
    if state == "JOIN":
        return "thread %d" % int(thread["blocked_on"])
    if state == "INTR":
        return "interrupt %d%s" % (int(thread["blocked_on"]), deadline(thread))
    if state == "RUNNING":
        return "hart %d" % int(thread["hart"])
    if state in ("NANOSLEEP", "SIGWAITINFO", "SIGSUSPEND"):
        return deadline(thread)[2:]
    return ""


def explain(kernel, pid=None, tid=None):
    if tid is not None:
        chain(kernel, kernel.thread(pid, tid), 0, ())
        return
    chosen = [kernel.process(pid)] if pid is not None else kernel.processes()
    shown = 0
    for process in chosen:
        for thread in kernel.threads(process):
            # Servers that wait for work, sleepers and the like are nothing to explain, unless somebody asks for their process.
            if pid is not None or kernel.state(thread) in ("SEND", "REPLY", "MUTEX", "JOIN"):
                chain(kernel, thread, 0, ())
                shown += 1
    if not shown:
        gdb.write("No thread waits for another one.\n")


LEVELS_MAX = 40


def say(level, text):
    gdb.write("%s%s\n" % ("  " * level, text))


def chain(kernel, thread, level, path):
    """A line for the thread, and below it those who can end its wait."""
    who = number(kernel, thread)
    line = "%s %s %s" % (kernel.label(thread), kernel.state(thread), reason(kernel, thread))
    if who in path:
        say(level, "%s  <-- DEADLOCK: a circle of %d threads" % (line.rstrip(), len(path) - path.index(who)))
        return
    if level >= LEVELS_MAX:
        say(level, "...")
        return
    say(level, line.rstrip())
    path += (who,)
    state = kernel.state(thread)
    if state in ("SEND", "REPLY"):
        servers(kernel, thread, level + 1, path)
    elif state == "MUTEX":
        holder = mutex_holder(kernel, thread)
        if holder is None:
            say(level + 1, "the mutex cannot be read")
        elif holder.thread is None:
            say(level + 1, "held by %s" % holder.text)
        else:
            chain(kernel, holder.thread, level + 1, path)
    elif state == "JOIN" and int(thread["join_target"]):
        target = kernel.at(int(thread["join_target"]), "struct thread")
        if target is not None:
            chain(kernel, target, level + 1, path)


def servers(kernel, thread, level, path):
    """The threads that last received on the channel: one of them has, or would take, the message."""
    channel = channel_of(kernel, thread)
    server = server_of(kernel, channel)
    if server is None:
        say(level, "the server is gone")
        return
    serving = [t for t in kernel.threads(server) if int(t["msg"]["serving"]) == int(channel.address)]
    busy = [t for t in serving if kernel.state(t) != "RECEIVE"]
    for candidate in busy:
        chain(kernel, candidate, level, path)
    if serving and not busy:
        say(level, "%d (%s) has the message and waits for others: %s" % (
            int(server["pid"]), kernel.name(server), ", ".join("%d.%d RECEIVE" % number(kernel, t) for t in serving)))
    if not serving:
        say(level, "no thread of %d (%s) has received on channel %d yet" % (int(server["pid"]), kernel.name(server), int(channel["chid"])))
